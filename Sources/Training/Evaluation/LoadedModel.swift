import Models
import Support

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
    var notes: [String] = []
    let prepared = try Preparation(settings) { notes.append($0) }
    let (model, report) = try prepared.checkpoint.load(dropout: 0, seed: 0, newHead: false)
    guard report.created.isEmpty else {
      throw TrainingError.noTrainedHead(model: prepared.checkpoint.path, missing: report.created)
    }
    (self.prepared, self.model, self.notes) = (prepared, model, notes + prepared.dataNotes)
  }
}
