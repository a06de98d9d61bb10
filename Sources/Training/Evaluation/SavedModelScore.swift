import Foundation
import Results
import Support
import Tasks

/// The scores of a saved model. They equal the scores that the run recorded when it saved the model.
package struct SavedModelScore {
  private let prepared: Preparation
  private let scores: [SplitScore]
  /// What the user should know of the task, the model and the data.
  package let notes: [String]
  private let seconds: Double

  /// Loads a model and scores it on the dev splits of a task, or on the splits that the settings name.
  ///
  /// - Throws: the error of the task, checkpoint or tokenizer; ``TrainingError`` if the settings name no model, or the
  ///   model has no trained head for the task.
  package static func measure(_ settings: RunSettings, observer: any RunObserver) throws -> SavedModelScore {
    let loaded = try LoadedModel(settings)
    let start = ContinuousClock.now
    let scores = try loaded.prepared.dev.map { examples in
      try SplitScore(
        loaded.model, on: examples, by: loaded.prepared.taskProtocol, tokenBudget: settings.tokensPerPass
      ) {
        observer.scoring(examples.data.split.name, done: $0, of: $1)
      }
    }
    let thresholds = scores.flatMap { score in
      score.bestThresholds(by: loaded.prepared.taskProtocol).map { name, value in
        let how = value == -.infinity ? "no answer to any question" : "--null-score-diff-threshold \(value)"
        return "\(name) on \(score.split.name) is what \(how) gives, chosen on these examples"
      }
    }
    return SavedModelScore(
      prepared: loaded.prepared, scores: scores, notes: loaded.notes + thresholds,
      seconds: (ContinuousClock.now - start).seconds)
  }

  /// Scores by split, in the order of the task.
  package var splits: [ScoredSplit] { scores.map { $0.scored(by: prepared.taskProtocol) } }

  /// Whether all predictions on the first split are the same label.
  package var isCollapsed: Bool { scores.first?.isCollapsed ?? false }

  /// The result of `finetune evaluate --json`. The numbers of examples are those of the first split.
  package var json: JSON {
    let first = prepared.dev.first?.record
    let splits = splits
    var object =
      JSONObject([
        "task": .text(prepared.data.name), "protocol": .text(prepared.taskProtocol.name),
        "source": .text(prepared.data.source.rawValue), "examples": .integer(first?.examples ?? 0),
        "available": .integer(first?.available ?? 0), "truncated": .integer(first?.truncated ?? 0),
        "max_length": .integer(prepared.scoringLength), "seconds": .real(seconds), "collapsed": .bool(isCollapsed),
        "metrics": ScoredSplit.json(splits, \.metrics), "standard_error": ScoredSplit.json(splits, \.standardErrors),
        "standard_error_method": ScoredSplit.methods(splits), "baseline": ScoredSplit.json(splits, \.baselines),
      ])
    let thresholds = scores.map { ($0.split.name, $0.bestThresholds(by: prepared.taskProtocol)) }
    if thresholds.contains(where: { !$0.1.isEmpty }) {
      object["best_threshold"] = .object(
        JSONObject(thresholds.map { .init(ByteString($0.0), RunRecord.json($0.1)) }))
    }
    return .object(object)
  }

  /// Writes one JSON object a line for each example of all splits: its split and index, the right answer, the prediction
  /// and how that came about.
  ///
  /// - Throws: ``FileError``.
  package func writeSamples(to path: String) throws {
    var lines: [UInt8] = []
    for (score, examples) in zip(scores, prepared.dev) {
      for (example, prediction) in zip(examples.data.examples, score.predictions) {
        let members =
          [
            JSONObject.Member("split", .text(score.split.name)), .init("index", .integer(example.index)),
          ] + (example.id.map { [.init("id", .text($0))] } ?? [])
          + prepared.taskProtocol.sample(prediction, of: example)
        lines += JSON.object(JSONObject(members)).serialized(compact: true) + [UInt8(ascii: "\n")]
      }
    }
    try Files.writeAtomically(path, lines)
  }

  /// Writes the predictions on the first split as a ``PredictionsFile``, if the protocol has rows for one.
  ///
  /// - Throws: ``FileError``.
  package func writePredictions(to path: String) throws {
    guard let score = scores.first, let examples = prepared.dev.first,
      let rows = prepared.taskProtocol.rows(score.predictions, of: examples.data)
    else { return }
    try PredictionsFile.write(to: path, rows)
  }
}
