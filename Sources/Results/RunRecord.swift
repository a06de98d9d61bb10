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

/// Everything that `results.json` says of a run: snake case, fractions from 0 to 1, seconds, bytes.
///
/// What came out stands apart from what was measured while it came out. Two runs with the same settings, model, data and
/// threads have the same ``outcome``, byte for byte; their times and memory differ.
package struct RunRecord: Sendable {
  /// What a run read of one split.
  package struct Split: Sendable {
    package var name: String
    package var files: [(path: String, sha256: String)]
    package var examples: Int
    package var available: Int
    package var truncated: Int
    /// Of a text for pretraining.
    package var documents: Int?
    package var tokens: Int?

    package init(
      name: String, files: [(path: String, sha256: String)], examples: Int, available: Int, truncated: Int,
      documents: Int? = nil, tokens: Int? = nil
    ) {
      (self.name, self.files, self.examples) = (name, files, examples)
      (self.available, self.truncated) = (available, truncated)
      (self.documents, self.tokens) = (documents, tokens)
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

  // What came out.
  package var status: RunStatus = .failed
  /// What ended a run that did not complete.
  package var reason: String?
  /// Whether every prediction on the first dev split is one label.
  package var collapsed = false
  /// Of the model saved, by split; dev splits first. `train`, which pretraining adds, is of the last model. Where a signal
  /// ended the run, the scores are those of the evaluation before it.
  package var metrics: [(split: String, values: MetricValues)] = []
  package var best: (epoch: Double, step: Int, rule: String)?
  package var history: [EvaluationRecord] = []
  /// SHA-256 of what the run wrote and whose bytes two equal runs share, by name in its folder.
  package var outputs: [(name: String, sha256: String)] = []

  // What was measured.
  package var throughput = Throughput()
  /// Bytes by name, e.g. `parameters_bytes`.
  package var memory: [(name: String, bytes: Int)] = []
  package var environment: JSON = .null

  // What the run was.
  package var task: JSON = .null
  package var model: JSON = .null
  package var optimizer: JSON = .null
  package var config: JSON = .null
  package var seed: UInt64 = 0
  /// `files`, or `sample` for the few examples bundled with the program.
  package var source = "files"
  package var splits: [Split] = []
  package var command: [String] = []

  package init() {}

  /// Of the split that decides which model is the best.
  package var devMetrics: MetricValues { metrics.first?.values ?? [] }
  package var optimizerName: String? { optimizer["name"]?.string }
  package var learningRate: Double? { optimizer["learning_rate"]?.double }
  package var primaryMetric: String? { task["primary_metric"]?.string }
  package var isHigherBetter: Bool { task["higher_is_better"]?.bool ?? true }

  package func bytes(_ name: String) -> Int? { memory.first { $0.name == name }?.bytes }
}
