import Support
import Tokenization

/// One example: what a model reads, and the right answer.
package struct Example: Sendable, Equatable {
  /// Position in its file, from 0, the header not counted.
  package let index: Int
  /// Where it stands in its file, from 1.
  package let line: Int
  /// A text or a pair of texts; one for each choice where a task has choices.
  package let inputs: [TextInput]
  /// `nil` where the file has none.
  package let answer: Answer?

  package init(index: Int, line: Int, inputs: [TextInput], answer: Answer?) {
    (self.index, self.line, self.inputs, self.answer) = (index, line, inputs, answer)
  }
}

/// A split's examples and the files they came from.
package struct SplitData: Sendable {
  package let split: Split
  package let examples: [Example]
  /// Examples in the files; more than `examples` under a limit.
  package let available: Int
  package let files: [(path: String, sha256: String)]

  package init(split: Split, examples: [Example], available: Int, files: [(path: String, sha256: String)]) {
    (self.split, self.examples, self.available, self.files) = (split, examples, available, files)
  }

  /// The right answers.
  ///
  /// - Throws: ``TaskError/noAnswer(path:line:split:)`` for the first example without one: what has no right answer can
  ///   neither be trained on nor scored.
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
  let labelValues: [[UInt8]]
  /// In the order of the description.
  let splits: [(split: Split, source: Source)]
  let textColumn: String
  let pairColumn: String?
  let labelColumn: String

  /// Folder of the task.
  package var folder: String {
    Files.parent(of: path) ?? "."
  }

  /// The splits that a model is scored on during training; the first decides which model is the best.
  package var devSplits: [Split] { splits.map(\.split).filter(\.isDev) }
}
