import Models
import Tasks
import Tokenization

/// Questions with their passages. A passage that is too long is divided into windows, each with the whole question.
package struct EncodedPassages: EncodedExamples {
  /// One sequence: the question, and a part of the passage.
  package struct Window: Sendable {
    /// Position of the example.
    package let example: Int
    package let ids: [Int32]
    package let typeIDs: [Int32]
    /// The tokens of the passage.
    package let passage: Range<Int>
    /// The bytes of the passage that each of these tokens covers; empty where windows are for training.
    package let offsets: [Range<Int32>]
    /// The first and last token of the answer, for training. Both are 0, the first token of the sequence, where the
    /// window does not hold the whole answer.
    package let answer: (first: Int, last: Int)
  }

  package let data: SplitData
  package let windows: [Window]
  package var truncated: Int { 0 }

  /// Encodes every example, on all threads. Blanks before a question are left out, as transformers' `run_qa.py` does.
  ///
  /// - Parameters:
  ///   - stride: number of tokens that neighbouring windows share.
  ///   - keepsOffsets: whether answers will be read from the windows.
  /// - Throws: ``TaskError`` naming file and line of an example whose question leaves no room for the passage, or that has no
  ///   token.
  package init(
    _ data: SplitData, tokenizer: any Tokenizer, maximumLength: Int, stride: Int, keepsOffsets: Bool
  ) throws {
    self.data = data
    do throws(BatchTokenizerError) {
      windows = try tokenizer.encodeEach(data.examples.count) { (index) throws(TokenizerError) in
        let example = data.examples[index]
        let encodings = try tokenizer.encodeWindows(
          example.inputs[0].first.withoutLeadingBlanks, example.inputs[0].second ?? [], maximumLength: maximumLength,
          stride: stride)
        return encodings.map { Window($0, of: index, answer: example.answer, keepsOffsets: keepsOffsets) }
      }.flatMap { $0 }
    } catch {
      guard error.isOfText else { throw error.error }
      throw data.fault(data.examples[error.index], error.error.message)
    }
    if let empty = windows.first(where: \.ids.isEmpty) {
      throw data.fault(
        data.examples[empty.example],
        "question and passage have no token, and the tokenizer adds none; expected some text: fill them or remove the "
          + "question")
    }
  }

  var count: Int { windows.count }
  var sequenceLengths: [[Int]] { windows.map { [$0.ids.count] } }

  func append(_ position: Int, to batch: inout PackedBatch) {
    batch.append(windows[position].ids, typeIDs: windows[position].typeIDs)
  }

  func targets(_ positions: [Int]) -> HeadTargets {
    .spans(first: positions.map { windows[$0].answer.first }, last: positions.map { windows[$0].answer.last })
  }
}

extension EncodedPassages.Window {
  /// Source: `prepare_train_features` and `prepare_validation_features` of transformers' `run_qa.py`, with one
  /// correction. Where an answer begins in the last token of a window, the original's search runs on to the end of the
  /// sequence, and the label for the answer's start is a special token behind its end.
  fileprivate init(_ encoding: Encoding, of example: Int, answer: Answer?, keepsOffsets: Bool) {
    let first = encoding.sequences.firstIndex(of: 1) ?? 0
    let last = encoding.sequences.lastIndex(of: 1).map { $0 + 1 } ?? first
    var span = (first: 0, last: 0)
    // In training, the first of several right answers counts.
    if case .spans(let spans)? = answer, let right = spans.first {
      let tokens = encoding.spans[first..<last]
      let (start, end) = (right.start, right.start + right.text.count)
      if let from = tokens.lastIndex(where: { $0.lowerBound <= start }),
        let to = tokens.firstIndex(where: { $0.upperBound >= end })
      {
        span = (from, to)
      }
    }
    self.init(
      example: example, ids: encoding.ids, typeIDs: encoding.typeIDs, passage: first..<last,
      offsets: keepsOffsets
        ? encoding.spans[first..<last].map { Int32($0.lowerBound)..<Int32($0.upperBound) } : [],
      answer: span)
  }
}
