/// A context and its continuation, tokenized as one text.
///
/// Tokenizing them separately could give other tokens at their border than a model sees in running text.
package struct JointEncoding: Sendable, Equatable {
  /// The tokens of both as one text, with special tokens before it and none after it.
  package var whole: [Int32]
  /// The tokens of the context by itself, with the same special tokens before it.
  ///
  /// White space at the end of the context is left out, because it belongs to the continuation.
  package var context: [Int32]

  /// The continuation's tokens: those of ``whole`` beyond the length of ``context``.
  ///
  /// It is empty where one token covers the end of the context and the whole continuation. Callers that compute a score
  /// or a loss must handle this case.
  package var continuation: [Int32] { Array(whole.dropFirst(context.count)) }
}

extension Tokenizer {
  /// Encodes a prompt and its answer, or a context and a continuation to be scored, jointly.
  ///
  /// An empty context without special tokens becomes one token, BOS or else EOS, as in the source.
  /// Source: `_encode_pair` of lm-evaluation-harness.
  /// - Parameter specialTokens: whether the template's special tokens before a text (BOS) begin the context.
  /// - Throws: ``TokenizerError`` when a text cannot be tokenized.
  package func encode(
    context: [UInt8], continuation: [UInt8], specialTokens: Bool = true
  ) throws(TokenizerError) -> JointEncoding {
    try UTF8Text.check(context)
    try UTF8Text.check(continuation)
    let kept = context.withUnsafeBufferPointer { UTF8Text.withoutTrailingBlanks($0) }
    var before = specialTokens ? leadingTokens : []
    if kept == 0, before.isEmpty, let start = bosID ?? eosID { before = [start] }
    return JointEncoding(
      whole: before + (try tokenize(context + continuation)).map(\.id),
      context: before + (try tokenize(Array(context[..<kept]))).map(\.id))
  }

  /// Encodes a prompt that a model is to continue: the template's special tokens before a text (BOS), then the text with
  /// the white space at its end.
  ///
  /// - Throws: ``TokenizerError`` when the text cannot be tokenized.
  package func encode(prompt: [UInt8]) throws(TokenizerError) -> [Int32] {
    leadingTokens + (try tokenize(prompt)).map(\.id)
  }

  /// The special tokens that the template puts before a single text.
  private var leadingTokens: [Int32] {
    template.single.prefix { if case .special = $0 { true } else { false } }.compactMap { part in
      if case .special(let id, _) = part { id } else { nil }
    }
  }
}
