/// Which part of a benchmark's data.
package enum Split: String, CaseIterable, Sendable {
  case train
  case dev
  case test
}

/// One example: a text or a pair of texts, and its class.
package struct Example: Sendable, Equatable {
  /// Position in its file, from 0, the header not counted.
  package let index: Int
  package let first: [UInt8]
  package let second: [UInt8]?
  /// Position in ``BenchmarkTask/labels``; `nil` where the file has none.
  package let label: Int?

  package init(index: Int, first: [UInt8], second: [UInt8]?, label: Int?) {
    (self.index, self.first, self.second, self.label) = (index, first, second, label)
  }
}

/// A split's examples and the files they came from.
package struct SplitData: Sendable {
  package let split: Split
  package let examples: [Example]
  /// Examples in the files; more than `examples` under a limit.
  package let available: Int
  package let files: [(path: String, sha256: String)]
}

/// A benchmark as its `task.yaml` describes it.
package struct BenchmarkTask: Sendable {
  /// Where one split's examples lie.
  struct Source: Sendable {
    let file: String
    /// The first line names the columns.
    let hasHeader: Bool
    /// Names given by the description where the file has no header.
    let columns: [String]
  }

  /// What a run uses unless told otherwise.
  package struct Presets: Sendable {
    package var epochs: Double?
    package var maximumLength: Int?
    package var learningRate: Double?
  }

  package let name: String
  package let title: String
  /// Path of the `task.yaml`.
  package let path: String
  /// Class names; a class's number is its position.
  package let labels: [String]
  package let metrics: [Metric]
  package let primaryMetric: Metric
  package let presets: Presets
  package let source: String
  package let citation: String
  let labelValues: [[UInt8]]
  let splits: [Split: Source]
  let textColumn: String
  let pairColumn: String?
  let labelColumn: String

  /// Folder of the task.
  package var folder: String {
    path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
  }
}
