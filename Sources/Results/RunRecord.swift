import Support

/// How a run ended.
package enum RunStatus: String, Sendable {
  case completed
  case interrupted
  case diverged
  case failed
}

/// Metrics by name, in the task's order.
package typealias MetricValues = [(name: String, value: Double)]

/// One evaluation during training.
package struct EvaluationRecord: Sendable {
  package let epoch: Double
  package let step: Int
  package let metrics: MetricValues

  package init(epoch: Double, step: Int, metrics: MetricValues) {
    (self.epoch, self.step, self.metrics) = (epoch, step, metrics)
  }
}

/// The content of `results.json`. Fractions are from 0 to 1, times in seconds, sizes in bytes.
///
/// Reproducible results are kept apart from measurements. Two runs with the same settings, model, data and number of
/// threads have the same ``outcome``, byte for byte; their ``measured`` times and memory differ.
package struct RunRecord: Sendable {
  /// The data that a run read of one split: files, and numbers of examples used, available, truncated and so on.
  package struct Split: Sendable {
    package var name: String
    package var files: [(path: String, sha256: String)]
    package var examples: Int
    package var available: Int
    package var truncated: Int
    /// Number of documents; `nil` unless the run is pretraining, as for `tokens`.
    package var documents: Int?
    package var tokens: Int?
    /// Number of incomplete rows that were left out; `nil` for pretraining and in files of older versions, as are those
    /// that follow.
    package var skipped: Int?
    /// Numbers of examples whose id, or whose inputs, an earlier example of the split has.
    package var duplicates: Duplicates?
    /// Number of examples of a dev split whose inputs are also in the training split.
    package var overlap: Int?

    package struct Duplicates: Sendable, Equatable {
      package var ids: Int
      package var inputs: Int

      package init(ids: Int, inputs: Int) { (self.ids, self.inputs) = (ids, inputs) }
    }

    package init(
      name: String, files: [(path: String, sha256: String)], examples: Int, available: Int, truncated: Int,
      documents: Int? = nil, tokens: Int? = nil, skipped: Int? = nil, duplicates: Duplicates? = nil,
      overlap: Int? = nil
    ) {
      (self.name, self.files, self.examples) = (name, files, examples)
      (self.available, self.truncated) = (available, truncated)
      (self.documents, self.tokens) = (documents, tokens)
      (self.skipped, self.duplicates, self.overlap) = (skipped, duplicates, overlap)
    }
  }

  /// How fast the run was.
  package struct Throughput: Sendable {
    package var tokensPerSecond: Double?
    package var examplesPerSecond: Double?
    package var trainSeconds = 0.0
    package var evaluationSeconds = 0.0

    package init() {}
  }

  // Outcome.
  package var status: RunStatus = .failed
  /// Why the run did not complete; `nil` if it did.
  package var reason: String?
  /// The step after which early stopping ended the run, and why; `nil` for a run that took all of its steps.
  package var stopped: (step: Int, reason: String)?
  /// Whether the model predicts one and the same label for all of the first dev split.
  package var collapsed = false
  /// Metrics by split, dev splits first. They belong to the evaluation named by ``best``: that of the best model with
  /// `save: best`, otherwise the last one. Pretraining adds `train`, which is measured on the last model.
  package var metrics: [(split: String, values: MetricValues)] = []
  /// The scores of ``metrics`` with their standard errors, and the scores of the most frequent answer.
  package var scored: [ScoredSplit] = []
  /// The evaluation that ``metrics`` belong to, and the rule that chose it.
  package var best: (epoch: Double, step: Int, rule: String)?
  package var history: [EvaluationRecord] = []
  /// SHA-256 of each output file that is byte-identical in two equal runs, by path in the output folder.
  package var outputs: [(name: String, sha256: String)] = []

  // Measurements.
  package var throughput = Throughput()
  /// Bytes by name, e.g. `parameters_bytes`.
  package var memory: [(name: String, bytes: Int)] = []
  package var environment: JSON = .null
  /// The steps after which the run was stopped and later resumed.
  package var resumed: [Int] = []

  // Identity of the run.
  package var task: JSON = .null
  package var model: JSON = .null
  package var optimizer: JSON = .null
  package var config: JSON = .null
  package var seed: UInt64 = 0
  /// `files` for the user's data, or `sample` for the examples bundled with the program.
  package var source = "files"
  package var splits: [Split] = []
  package var command: [String] = []

  package init() {}

  /// Metrics of the first dev split, which decides which model is the best.
  package var devMetrics: MetricValues { metrics.first?.values ?? [] }
  package var optimizerName: String? { optimizer["name"]?.string }
  package var learningRate: Double? { optimizer["learning_rate"]?.double }
  package var primaryMetric: String? { task["primary_metric"]?.string }
  package var isHigherBetter: Bool { task["higher_is_better"]?.bool ?? true }

  /// The entry of ``memory`` with a name, e.g. `parameters_bytes`.
  package func bytes(_ name: String) -> Int? { memory.first { $0.name == name }?.bytes }
}
