/// One pre-tokenizer of tokenizer.json.
///
/// Source: `pre_tokenizers` of the tokenizers library.
enum CuttingStep: Sendable {
  case split(TextFinder, SplitBehavior, inverted: Bool)
  /// One of the expressions that are matched without an engine. Its matches cover a text.
  case words(WordPattern)
  case characters(CharacterClass, SplitBehavior)
  /// Words and runs of other characters, between white space that is dropped.
  case whitespace
  /// White space is dropped, and punctuation stands alone.
  case bert
  case fixedLength(Int)
  case metaspace(replacement: UInt32, prefix: MetaspaceTokenizer.Prefix, splits: Bool)
  case byteLevel(addsPrefixSpace: Bool, pattern: WordPattern?)

  /// Whether the step only cuts, and leaves the text as it is.
  var isPure: Bool {
    switch self {
    case .metaspace, .byteLevel: false
    default: true
    }
  }

  /// The non-empty pieces of a non-empty text, in order; only for a step that ``isPure``.
  ///
  /// - Throws: ``TokenizerError/encodingFailed(reason:)`` when a regular expression takes too long.
  func pieces(_ text: UnsafeBufferPointer<UInt8>) throws(TokenizerError) -> [Range<Int>] {
    switch self {
    case .split(let finder, let behavior, let isInverted):
      var parts: [TextPattern.Part] = []
      try finder.forEachPart(of: text) { part in
        parts.append(.init(range: part.range, isMatch: part.isMatch != isInverted))
      }
      return behavior.pieces(parts)
    case .words(let pattern):
      var pieces: [Range<Int>] = []
      var at = 0
      while at < text.count {
        let end = pattern.end(text, at, text.count, .shared)
        pieces.append(at..<end)
        at = end
      }
      return pieces
    case .characters(let kind, let behavior): return behavior.pieces(kind.parts(of: text))
    case .whitespace: return CuttingStep.wordsAndOthers(text)
    case .bert:
      return SplitBehavior.removed.pieces(CharacterClass.whitespace.parts(of: text)).flatMap { word in
        SplitBehavior.isolated.pieces(
          CharacterClass.punctuation.parts(of: UnsafeBufferPointer(rebasing: text[word]))
        ).map { $0.lowerBound + word.lowerBound..<$0.upperBound + word.lowerBound }
      }
    case .fixedLength(let length): return CuttingStep.fixed(text, length)
    case .metaspace, .byteLevel: preconditionFailure("a step that changes the text")
    }
  }

  private static func wordsAndOthers(_ text: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
    let table = CharacterTable.shared
    var pieces: [Range<Int>] = []
    /// The start of the current run and its kind; `nil` within white space.
    var run: (start: Int, isWord: Bool)?
    var at = 0
    while at < text.count {
      let (scalar, length) = UTF8Text.scalar(text, at)
      let flags = table[scalar]
      let isWord = flags.contains(.word)
      let isBlank = !isWord && flags.contains(.whitespace)
      if let open = run, isBlank || open.isWord != isWord {
        pieces.append(open.start..<at)
        run = nil
      }
      if run == nil, !isBlank { run = (at, isWord) }
      at += length
    }
    if let run { pieces.append(run.start..<at) }
    return pieces
  }

  private static func fixed(_ text: UnsafeBufferPointer<UInt8>, _ length: Int) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var (at, start, count) = (0, 0, 0)
    while at < text.count {
      at += UTF8Text.scalar(text, at).length
      count += 1
      if count == length || at == text.count {
        pieces.append(start..<at)
        (start, count) = (at, 0)
      }
    }
    return pieces
  }
}
