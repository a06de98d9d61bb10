import Support
import Tokenization

/// One example: the texts that a model reads, and the right answer.
package struct Example: Sendable, Equatable {
  /// Position in the file, from 0, not counting the header. For pretraining, position of the document in its split.
  package let index: Int
  /// Line in the file, from 1. For pretraining, `index + 1`.
  package let line: Int
  /// The inputs, each a text or a pair of texts. Classification and pretraining have one input for each example.
  package let inputs: [TextInput]
  /// The right answer; `nil` where the file has none.
  package let answer: Answer?

  package init(index: Int, line: Int, inputs: [TextInput], answer: Answer?) {
    (self.index, self.line, self.inputs, self.answer) = (index, line, inputs, answer)
  }
}

/// A split's examples and the files they came from.
package struct SplitData: Sendable {
  package let split: Split
  package let examples: [Example]
  /// Number of examples in the files, which is more than `examples` holds if a limit was set.
  package let available: Int
  package let files: [(path: String, sha256: String)]

  package init(split: Split, examples: [Example], available: Int, files: [(path: String, sha256: String)]) {
    (self.split, self.examples, self.available, self.files) = (split, examples, available, files)
  }

  /// The right answers of all examples, for training or scoring.
  ///
  /// - Throws: ``TaskError/noAnswer(path:line:split:)`` for the first example without an answer.
  package func answers() throws(TaskError) -> [Answer] {
    try examples.map { example throws(TaskError) in
      guard let answer = example.answer else {
        throw .noAnswer(path: files.first?.path ?? split.name, line: example.line, split: split.name)
      }
      return answer
    }
  }
}

/// A benchmark as its `task.yaml` describes it.
package struct BenchmarkTask: Sendable {
  /// The file and the column names of one split.
  struct Source: Sendable {
    let file: String
    /// Whether the first line names the columns.
    let hasHeader: Bool
    /// Column names from `task.yaml` for a file without a header; otherwise empty.
    let columns: [String]
  }

  /// Defaults of a run on this task. Settings and the presets of a checkpoint override them.
  package struct Presets: Sendable {
    package var epochs: Double?
    package var maximumLength: Int?
    package var learningRate: Double?

    package init(epochs: Double? = nil, maximumLength: Int? = nil, learningRate: Double? = nil) {
      (self.epochs, self.maximumLength, self.learningRate) = (epochs, maximumLength, learningRate)
    }
  }

  package let name: String
  package let title: String
  /// Path of the `task.yaml`.
  package let path: String
  package let kind: TaskKind
  /// Label names; a label's number is its position.
  package let labels: [String]
  package let metrics: [Metric]
  package let primaryMetric: Metric
  package let presets: Presets
  package let source: String
  package let citation: String
  /// The text that stands for each label in data files, in the order of ``labels``.
  let labelValues: [[UInt8]]
  /// The splits in the order of `task.yaml`.
  let splits: [(split: Split, source: Source)]
  let textColumn: String
  let pairColumn: String?
  let labelColumn: String

  /// The folder that holds `task.yaml`.
  package var folder: String {
    Files.parent(of: path) ?? "."
  }

  /// The splits on which a model is scored during training. The score on the first decides which model is the best.
  package var devSplits: [Split] { splits.map(\.split).filter(\.isDev) }
}
