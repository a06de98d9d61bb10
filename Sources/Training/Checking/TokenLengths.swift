import Support
import Tasks
import Tokenization

/// How many tokens the examples of a split have.
package struct TokenLengths: Sendable {
  package static let shares = [5, 25, 50, 75, 95, 100]

  /// The number of tokens that so many per cent of the examples do not exceed, in the order of ``shares``.
  package let percentiles: [Int]
  /// Number of examples longer than the maximum length.
  package let longer: Int

  /// Encodes every example as the protocol does, without cutting any. The length of an example with several inputs, one
  /// for each choice, is that of the longest.
  init(
    _ data: SplitData, _ kind: ProtocolKind, _ tokenizer: any Tokenizer, maximumLength: Int
  ) throws(BatchTokenizerError) {
    let lengths = try tokenizer.encodeEach(data.examples.count) { (index) throws(TokenizerError) in
      var longest = 0
      for input in data.examples[index].inputs {
        longest = max(longest, try TokenLengths.length(input, kind, tokenizer))
      }
      return longest
    }.sorted()
    percentiles = TokenLengths.shares.map { lengths[max(0, ($0 * lengths.count + 99) / 100 - 1)] }
    longer = lengths.count { $0 > maximumLength }
  }

  private static func length(
    _ input: TextInput, _ kind: ProtocolKind, _ tokenizer: any Tokenizer
  ) throws(TokenizerError) -> Int {
    switch kind {
    case .classification, .regression, .span, .multipleChoice:
      return try tokenizer.encode(input.first, input.second).ids.count
    case .likelihood: return try tokenizer.encode(context: input.first, continuation: input.second ?? []).whole.count
    case .generation:
      let answer = try tokenizer.tokenize(input.second ?? []).count
      return try tokenizer.encode(prompt: input.first).count + answer + (tokenizer.eosID == nil ? 0 : 1)
    }
  }

  var json: JSON {
    let members = zip(TokenLengths.shares, percentiles).map { JSONObject.Member(ByteString("p\($0)"), .integer($1)) }
    return .object(JSONObject(members + [.init("longer_than_max_length", .integer(longer))]))
  }
}
