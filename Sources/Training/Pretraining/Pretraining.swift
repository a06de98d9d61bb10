import Checkpoints
import Foundation
import Memory
import Models
import Optimizers
import Results
import Support
import Tensors

/// Training of a causal language model on plain text, with the schedule, logging, saving and results of a run.
package final class Pretraining {
  private let source: LanguageModelSource
  private let model: any Model
  private let report: WeightReport
  private let plan: RunPlan
  private let train: TextExamples
  private let heldOut: TextExamples
  private let session: TrainingSession
  private let observer: any RunObserver

  /// Reads everything and checks it; the output folder is created last.
  package init(_ settings: RunSettings, command: [String], observer: any RunObserver) throws {
    self.observer = observer
    guard let text = settings.text else {
      throw TrainingError.missingOption(name: "--text", expected: "a text file, one document a line")
    }
    guard settings.given.contains(where: { $0.key == "model" }) else {
      throw TrainingError.missingOption(
        name: "--model", expected: "a folder with config.json and tokenizer, or a config.json")
    }
    let specification = try settings.prepare()
    let source = try LanguageModelSource(settings)
    self.source = source
    let file = try DocumentFile(path: text, separatedBy: settings.documents)
    let (kept, held) = Pretraining.split(file.documents, share: settings.heldOut)
    let length = try RunPlan.maximumLength(
      settings, preset: min(1_024, source.shape.maximumLength), positions: source.shape.maximumLength,
      name: source.name, observer.note)
    func examples(_ documents: [[UInt8]]) throws -> TextExamples {
      try TextExamples(
        documents, tokenizer: source.tokenizer, packing: settings.packing, maximumLength: length)
    }
    (train, heldOut) = (try examples(kept), try examples(held))
    guard train.count > 0, heldOut.count > 0 else {
      throw TrainingError.badFile(
        path: text, reason: "no document has two tokens, expected text; the tokenizer is \(source.tokenizerFolder)")
    }
    let order = settings.order(of: train.count)
    plan = try RunPlan(
      settings, presets: .init(name: "pretrain", learningRate: nil, epochs: 1, maximumLength: length),
      positions: source.shape.maximumLength, name: source.name, folder: source.path, specification: specification,
      stepsPerEpoch: order.stepsPerEpoch, note: observer.note)
    let memory = try MemoryCheck(
      settings: settings, shape: source.shape, examples: train, order: order, totalSteps: plan.totalSteps,
      evaluationLengths: heldOut.sequences.map(\.count)
    ).plan()
    (model, report) = try source.load(dropout: settings.dropout, seed: settings.seed)
    let trainer = try plan.trainer(for: model, examples: train, order: order)
    session = try TrainingSession(
      plan: plan, memory: memory, order: order, trainer: trainer,
      output: settings.output ?? OutputFolder.automatic(task: "pretrain", optimizer: settings.optimizer),
      command: command, observer: observer)
    for (name, documents, part) in [("train", kept, train), ("dev", held, heldOut)] {
      session.result.splits.append(
        .init(
          name: name, files: [(file.path, file.sha256)], examples: part.count, available: part.count, truncated: 0,
          documents: documents.count, tokens: part.sequences.reduce(0) { $0 + $1.count }))
    }
    session.result.task = .object(
      JSONObject([
        "name": .text("pretrain"), "primary_metric": .text("perplexity"),
        "metrics": .array([.text("perplexity"), .text("loss")]),
      ]))
    try session.result.describe(
      model, name: source.name, path: source.path, weightFiles: source.weightFiles)
  }

  /// Documents held out lie evenly over the text and depend on nothing but the share.
  static func split(_ documents: [[UInt8]], share: Double) -> (kept: [[UInt8]], held: [[UInt8]]) {
    var (kept, held): ([[UInt8]], [[UInt8]]) = ([], [])
    let wanted = min(documents.count - 1, max(1, Int((share * Double(documents.count)).rounded())))
    for (index, document) in documents.enumerated() {
      if (index + 1) * wanted / documents.count > index * wanted / documents.count {
        held.append(document)
      } else {
        kept.append(document)
      }
    }
    return (kept, held)
  }

  package var output: OutputFolder { session.output }

  /// - Returns: the result, with status `completed` or `interrupted`.
  /// - Throws: the fault that stopped the run, after `results.json` has been written.
  package func execute() throws -> RunResult {
    observer.note(
      source.weightFiles.isEmpty
        ? "fresh weights for the config of \(source.name)"
        : "training goes on from the weights of \(source.name); --random-init starts afresh")
    if !report.unused.isEmpty {
      observer.note("weights of \(source.name) not used: \(report.unused.joined(separator: ", "))")
    }
    for split in session.result.splits {
      observer.note(
        "\(split.name == "dev" ? "held out" : "train"): \(split.documents ?? 0) documents, \(split.examples) sequences, "
          + "\(split.tokens ?? 0) tokens")
    }
    return try session.execute(self)
  }
}

extension Pretraining: TrainingGoal {
  var bestRule: String { "lowest perplexity on held-out text, the first of equals" }

  func score() -> GoalScore {
    let loss = heldOut.meanLoss(model)
    return GoalScore(
      metrics: [("perplexity", exp(loss)), ("loss", loss)], primary: -loss, isFinite: loss.isFinite,
      isCollapsed: false, evaluation: nil)
  }

  func save(to path: String) throws { try source.save(model, to: path) }

  /// Train perplexity is measured as held-out perplexity is, on as many sequences of the training text.
  func finish(_ best: GoalScore?, _ result: inout RunResult, folder: String) throws {
    let loss = train.sample(heldOut.count).meanLoss(model)
    guard loss.isFinite else { return }
    result.trainMetrics = [("perplexity", exp(loss)), ("loss", loss)]
  }
}
