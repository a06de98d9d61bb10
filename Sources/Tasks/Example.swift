import Tokenization

/// One example: the texts that a model reads, and the right answer.
package struct Example: Sendable, Equatable {
  /// Position in the file, from 0, not counting the header. For pretraining, position of the document in its split.
  package let index: Int
  /// Line in the file, from 1. For pretraining, `index + 1`.
  package let line: Int
  /// The example's name in the file; `nil` where it has none.
  package let id: String?
  /// The inputs, each a text or a pair of texts.
  ///
  /// - classification, regression: one input.
  /// - span: one input, question and passage.
  /// - multiple choice: an input for each choice, text and choice.
  /// - likelihood: an input for each choice, context and continuation.
  /// - generation: one input, the prompt and what a model is trained to write after it.
  package let inputs: [TextInput]
  /// The right answer; `nil` where the file has none.
  package let answer: Answer?
  /// What stands for each choice in the file, e.g. `A`; empty where the task has labels instead.
  package let choiceNames: [[UInt8]]

  package init(
    index: Int, line: Int, id: String? = nil, inputs: [TextInput], answer: Answer?, choiceNames: [[UInt8]] = []
  ) {
    (self.index, self.line, self.id, self.inputs, self.answer) = (index, line, id, inputs, answer)
    self.choiceNames = choiceNames
  }
}

/// A split's examples and the files they came from.
package struct SplitData: Sendable {
  package let split: Split
  package let examples: [Example]
  /// Number of examples in the files, which is more than `examples` holds if a limit was set.
  package let available: Int
  /// Number of incomplete rows that were left out, as `incomplete: skip` asks.
  package let skipped: Int
  /// Number of rows of the training file that are held out for a dev split.
  package let heldOut: Int
  /// The number of rows that `hold_out` asks for, where a dev split has fewer; otherwise `nil`.
  package var heldOutAsked: Int?
  /// Number of examples of the official file; `nil` where the task does not say.
  package let official: Int?
  package let files: [(path: String, sha256: String)]
  /// What the split holds more than once; `nil` where nobody counted.
  package var repeats: Repeats?

  package init(
    split: Split, examples: [Example], available: Int, official: Int? = nil, files: [(path: String, sha256: String)],
    skipped: Int = 0, heldOut: Int = 0
  ) {
    self.heldOut = heldOut
    (self.split, self.examples, self.available, self.skipped) = (split, examples, available, skipped)
    (self.official, self.files) = (official, files)
  }

  /// The number of examples, where it is not that of the official file.
  package var unofficial: (found: Int, official: Int)? {
    let found = available + heldOut
    return official.flatMap { found == $0 ? nil : (found, $0) }
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
