/// How byte-level BPE cuts text into words before merging, as the `pre_tokenizer` of tokenizer.json describes.
///
/// Each stage cuts the pieces of the stage before it. Then a space may be put before every piece, and a last pattern
/// may cut the piece into words.
/// Source: `Sequence`, `Digits`, `Split` and `ByteLevel` of the tokenizers library.
struct WordCuts: Sendable {
  enum Stage: Sendable {
    /// Separates numbers from all other text, either each digit or each run of digits.
    case digits(individual: Bool)
    case pattern(WordPattern)
    /// Any other step that only cuts.
    case cut(CuttingStep)
  }

  private(set) var stages: [Stage]
  let addsPrefixSpace: Bool
  /// The pattern that cuts a piece into words; `nil` when each piece is one word.
  private(set) var pattern: WordPattern?

  /// - Parameter pattern: the pattern that `ByteLevel` itself applies, if any.
  init(stages: [Stage] = [], addsPrefixSpace: Bool, pattern: WordPattern?) {
    self.stages = stages
    self.addsPrefixSpace = addsPrefixSpace
    self.pattern = pattern
    // Without a space to add, a pattern in the last stage has the same effect as the final pattern, which costs less.
    if pattern == nil, !addsPrefixSpace, case .pattern(let last)? = stages.last {
      self.stages.removeLast()
      self.pattern = last
    }
  }

  /// The end of the piece that starts at `from`, which is before `to`, under one of the stages.
  ///
  /// - Precondition: the stage is no ``Stage/cut(_:)``, which gives its pieces itself.
  func end(
    _ stage: Int, _ text: UnsafeBufferPointer<UInt8>, _ from: Int, _ to: Int, _ table: CharacterTable
  ) -> Int {
    switch stages[stage] {
    case .cut: preconditionFailure("a stage that gives its pieces itself")
    case .pattern(let pattern): return pattern.end(text, from, to, table)
    case .digits(let individual):
      var (scalar, length) = UTF8Text.scalar(text, from)
      let isNumber = WordCuts.isNumber(scalar, table)
      var at = from + length
      while at < to, !(isNumber && individual) {
        (scalar, length) = UTF8Text.scalar(text, at)
        guard WordCuts.isNumber(scalar, table) == isNumber else { break }
        at += length
      }
      return at
    }
  }

  /// Whether `Digits` takes the scalar for a number.
  ///
  /// `Digits` uses a newer version of Unicode than the patterns do, with 13 more number characters.
  @inline(__always)
  static func isNumber(_ scalar: UInt32, _ table: CharacterTable) -> Bool {
    table[scalar].contains(.number) || (0x11DE0...0x11DE9).contains(scalar) || (0x16FF4...0x16FF6).contains(scalar)
  }
}
