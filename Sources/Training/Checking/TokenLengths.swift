import Support
import Tasks
import Tokenization

/// How many tokens the examples of a split have.
package struct TokenLengths: Sendable {
  package static let shares = [5, 25, 50, 75, 95, 100]

  /// The number of tokens that so many per cent of the examples do not exceed, in the order of ``shares``.
  package let percentiles: [Int]
  /// Number of examples that training cuts, or reads in several windows; `nil` where a split is not trained on and a
  /// language model scores it by as many tokens as it holds.
  package let longer: Int?
  /// Number of examples whose answer itself is cut, since it alone is longer than the maximum length.
  package let cutAnswers: Int

  private struct Length {
    var whole = 0
    var trained = 0
    var answer = 0
  }

  /// Encodes every example as the protocol does, without cutting any. The length of an example with several inputs, one
  /// for each choice, is that of the longest; a language model is trained on the right one only.
  init(
    _ data: SplitData, _ kind: ProtocolKind, _ tokenizer: any Tokenizer, maximumLength: Int
  ) throws(BatchTokenizerError) {
    let lengths = try tokenizer.encodeEach(data.examples.count) { (index) throws(TokenizerError) in
      let example = data.examples[index]
      var right: Int?
      if kind == .likelihood, case .label(let label)? = example.answer { right = label }
      var longest = Length()
      for (position, input) in example.inputs.enumerated() {
        let (whole, answer) = try TokenLengths.length(input, kind, tokenizer, maximumLength)
        longest.whole = max(longest.whole, whole)
        guard position == right ?? position else { continue }
        longest.trained = max(longest.trained, whole)
        longest.answer = max(longest.answer, answer)
      }
      return longest
    }
    let sorted = lengths.map(\.whole).sorted()
    percentiles = TokenLengths.shares.map { sorted[max(0, ($0 * sorted.count + 99) / 100 - 1)] }
    if kind == .likelihood || kind == .generation {
      // The last token is predicted and is no input.
      let isTrained = data.split == .train
      longer = isTrained ? lengths.count { $0.trained > maximumLength + 1 } : nil
      cutAnswers = isTrained ? lengths.count { $0.answer > maximumLength } : 0
    } else {
      (longer, cutAnswers) = (lengths.count { $0.whole > maximumLength }, 0)
    }
  }

  /// The tokens of a whole input, and of the answer in it.
  private static func length(
    _ input: TextInput, _ kind: ProtocolKind, _ tokenizer: any Tokenizer, _ maximumLength: Int
  ) throws(TokenizerError) -> (whole: Int, answer: Int) {
    switch kind {
    case .classification, .regression, .multipleChoice:
      return (try tokenizer.encode(input.first, input.second).ids.count, 0)
    case .span:
      let whole = try tokenizer.encode(input.first.withoutLeadingBlanks, input.second ?? []).ids.count
      if whole > maximumLength {
        // Throws where the question leaves a window no room.
        _ = try tokenizer.encodeWindows(
          input.first.withoutLeadingBlanks, input.second ?? [], maximumLength: maximumLength,
          stride: SpanExtraction.stride(nil, maximumLength: maximumLength))
      }
      return (whole, 0)
    case .likelihood:
      let joint = try tokenizer.encode(context: input.first, continuation: input.second ?? [])
      return (joint.whole.count, joint.whole.count - joint.context.count)
    case .generation:
      let answer = try tokenizer.tokenize(input.second ?? []).count + (tokenizer.eosID == nil ? 0 : 1)
      return (try tokenizer.encode(prompt: input.first).count + answer, answer)
    }
  }

  var json: JSON {
    let members = zip(TokenLengths.shares, percentiles).map { JSONObject.Member(ByteString("p\($0)"), .integer($1)) }
    return .object(
      JSONObject(
        members + [
          .init("longer_than_max_length", longer.map(JSON.integer) ?? .null),
          .init("cut_answers", .integer(cutAnswers)),
        ]))
  }
}
