/// Which part of a benchmark's data.
public enum Split: String, CaseIterable, Sendable {
  case train
  case dev
  case test
}

/// One example: a text or a pair of texts, and its class.
public struct Example: Sendable, Equatable {
  /// Position in its file, from 0, the header not counted.
  public let index: Int
  public let first: [UInt8]
  public let second: [UInt8]?
  /// Position in ``BenchmarkTask/labels``; `nil` where the file has none.
  public let label: Int?

  public init(index: Int, first: [UInt8], second: [UInt8]?, label: Int?) {
    (self.index, self.first, self.second, self.label) = (index, first, second, label)
  }
}

/// A split's examples and the files they came from.
public struct SplitData: Sendable {
  public let split: Split
  public let examples: [Example]
  /// Examples in the files; more than `examples` under a limit.
  public let available: Int
  public let files: [(path: String, sha256: String)]
}

/// A benchmark as its `task.yaml` describes it.
public struct BenchmarkTask: Sendable {
  /// Where one split's examples lie.
  struct Source: Sendable {
    let file: String
    /// The first line names the columns.
    let hasHeader: Bool
    /// Names given by the description where the file has no header.
    let columns: [String]
  }

  /// What a run uses unless told otherwise.
  public struct Presets: Sendable {
    public var epochs: Double?
    public var maximumLength: Int?
    public var learningRate: Double?
  }

  public let name: String
  public let title: String
  /// Path of the `task.yaml`.
  public let path: String
  /// Class names; a class's number is its position.
  public let labels: [String]
  public let metrics: [Metric]
  public let primaryMetric: Metric
  public let presets: Presets
  public let source: String
  public let citation: String
  let labelValues: [[UInt8]]
  let splits: [Split: Source]
  let textColumn: String
  let pairColumn: String?
  let labelColumn: String

  /// Folder of the task.
  public var folder: String {
    path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
  }
}
