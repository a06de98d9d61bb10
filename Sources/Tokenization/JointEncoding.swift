/// A context and what continues it, cut into tokens as one text, so that a token may not differ at their border from what a
/// model sees in running text.
package struct JointEncoding: Sendable, Equatable {
  /// Both as one text, as a model is trained on; special tokens before it, none after.
  package var whole: [Int32]
  /// The context by itself, without the blanks at its end, which go to the continuation.
  package var context: [Int32]

  /// The continuation's tokens: those of ``whole`` beyond the length of ``context``. Empty where a token that crosses the
  /// border has swallowed all of it, which no score or loss may pass over.
  package var continuation: [Int32] { Array(whole.dropFirst(context.count)) }
}

extension Tokenizer {
  /// Encodes a prompt and its answer, or a context and a continuation to be scored, jointly.
  ///
  /// Source: `_encode_pair` of lm-evaluation-harness. An empty context becomes one token, BOS or else EOS, as there.
  /// - Parameter specialTokens: whether the template's special tokens before a text (BOS) begin the context.
  /// - Throws: ``TokenizerError`` when a text cannot be tokenized.
  package func encode(
    context: [UInt8], continuation: [UInt8], specialTokens: Bool = true
  ) throws(TokenizerError) -> JointEncoding {
    try UTF8Text.check(context)
    try UTF8Text.check(continuation)
    let kept = context.withUnsafeBufferPointer { UTF8Text.withoutTrailingBlanks($0) }
    var before: [Int32] = []
    if specialTokens {
      for case .special(let id, _) in template.single.prefix(while: { if case .special = $0 { true } else { false } }) {
        before.append(id)
      }
    }
    if kept == 0, before.isEmpty, let start = bosID ?? eosID { before = [start] }
    return JointEncoding(
      whole: before + (try tokenize(context + continuation)).map(\.id),
      context: before + (try tokenize(Array(context[..<kept]))).map(\.id))
  }
}
