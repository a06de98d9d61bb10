/// Finds a fixed string or a regular expression.
enum TextFinder: Sendable {
  case string([UInt8])
  case pattern(TextPattern)

  /// Calls `body` for the matches from left to right and for the stretches between them, which cover the text.
  ///
  /// - Throws: ``TokenizerError/encodingFailed(reason:)`` when a regular expression takes too long.
  func forEachPart(of text: [UInt8], _ body: (TextPattern.Part) -> Void) throws(TokenizerError) {
    let result = text.withUnsafeBufferPointer { text -> Result<Void, TokenizerError> in
      Result { () throws(TokenizerError) in try forEachPart(of: text, body) }
    }
    try result.get()
  }

  func forEachPart(
    of text: UnsafeBufferPointer<UInt8>, _ body: (TextPattern.Part) -> Void
  ) throws(TokenizerError) {
    switch self {
    case .pattern(let pattern): try pattern.forEachPart(of: text, body)
    case .string(let string): TextFinder.find(string, in: text, body)
    }
  }

  /// - Precondition: the string is not empty.
  private static func find(
    _ string: [UInt8], in text: UnsafeBufferPointer<UInt8>, _ body: (TextPattern.Part) -> Void
  ) {
    precondition(!string.isEmpty)
    var done = 0
    var at = 0
    while at + string.count <= text.count {
      guard text[at] == string[0], (1..<string.count).allSatisfy({ text[at + $0] == string[$0] }) else {
        at += 1
        continue
      }
      if done < at { body(.init(range: done..<at, isMatch: false)) }
      at += string.count
      body(.init(range: at - string.count..<at, isMatch: true))
      done = at
    }
    if done < text.count { body(.init(range: done..<text.count, isMatch: false)) }
  }
}
