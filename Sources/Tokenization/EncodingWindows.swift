extension Tokenizer {
  /// Encodes a pair; where it is too long, the second text is cut into windows, as span extraction reads a document.
  ///
  /// transformers does this with
  /// `tokenizer(first, second, truncation="only_second", max_length=…, stride=…, return_overflowing_tokens=True)`.
  /// Every window has the whole first text, and neighbouring windows share `stride` tokens of the second. No token is
  /// lost, so ``Encoding/removed`` is 0.
  /// - Precondition: `stride` is not negative.
  /// - Throws: ``TokenizerError`` when a text cannot be tokenized, or when the first text leaves a window no room for
  ///   more than `stride` tokens of the second.
  package func encodeWindows(
    _ first: [UInt8], _ second: [UInt8], maximumLength: Int, stride: Int
  ) throws(TokenizerError) -> [Encoding] {
    precondition(stride >= 0)
    let (question, document) = (try tokenize(first), try tokenize(second))
    let taken = question.count + template.specialTokens(pair: true)
    let room = maximumLength - taken
    if document.count <= room { return [joined([question[...], document[...]])] }
    guard room > stride else { throw .noRoomForWindows(maximum: maximumLength, taken: taken, stride: stride) }
    var windows: [Encoding] = []
    var start = 0
    while true {
      let end = min(start + room, document.count)
      windows.append(joined([question[...], document[start..<end]]))
      if end == document.count { return windows }
      start += room - stride
    }
  }
}
