import Models
import Support
import Tasks

/// A model with a trained head for a task, and the task's data.
struct LoadedModel {
  let prepared: Preparation
  let model: any Model
  /// What the user should know of the task, the model and the data.
  let notes: [String]

  /// - Throws: the error of the task, checkpoint or tokenizer; ``TrainingError`` if the settings name no model, or the
  ///   model has no trained head for the task.
  init(_ settings: RunSettings) throws {
    guard settings.given.contains(where: { $0.key == "model" }) else {
      throw TrainingError.missingOption(name: "--model", expected: "the folder of a fine-tuned model")
    }
    // A model that is not there cannot say its task, so that the task would be asked for.
    _ = try OpenedCheckpoint.locate(settings.model)
    var notes: [String] = []
    let prepared = try Preparation(settings) { notes.append($0) }
    let (model, report) = try prepared.checkpoint.load(dropout: 0, seed: 0, newHead: false)
    guard report.created.isEmpty else {
      throw TrainingError.noTrainedHead(
        model: prepared.checkpoint.path, missing: report.created, remedy: try LoadedModel.remedy(settings))
    }
    (self.prepared, self.model, self.notes) = (prepared, model, notes + prepared.dataNotes)
  }

  /// What a task needs for a language model to be scored without training; `nil` where that is not the reason.
  private static func remedy(_ settings: RunSettings) throws -> String? {
    let glance = CheckpointGlance(settings)
    let (task, _) = try TaskData.task(settings, glance)
    guard glance.config != nil, glance.supports(.languageModel), task.kind == .classification else { return nil }
    return task.protocols.contains(.likelihood)
      ? "or score it as a language model with --protocol likelihood"
      : "or let task.yaml say with likelihood: how a language model compares the labels (docs/tasks.md)"
  }
}
