/// The properties of a character, as the reference library classifies it.
struct CharacterFlags: OptionSet {
  let rawValue: UInt16

  static let control = CharacterFlags(rawValue: 1)
  static let whitespace = CharacterFlags(rawValue: 2)
  static let punctuation = CharacterFlags(rawValue: 4)
  static let nonspacing = CharacterFlags(rawValue: 8)
  static let combining = CharacterFlags(rawValue: 16)
  static let letter = CharacterFlags(rawValue: 32)
  static let number = CharacterFlags(rawValue: 64)
  static let canonical = CharacterFlags(rawValue: 128)
  static let compatibility = CharacterFlags(rawValue: 256)
  static let lowered = CharacterFlags(rawValue: 512)
  /// CJK ideographs that BERT puts blanks around.
  static let ideograph = CharacterFlags(rawValue: 1024)
  /// Characters with a combining class that are not non-spacing marks.
  static let reordered = CharacterFlags(rawValue: 2048)
  /// Word characters of Rust's regular expressions, which are UTS 18's (annex C).
  static let word = CharacterFlags(rawValue: 4096)
  /// Characters that canonical composition may change, or that may change their neighbours.
  static let composing = CharacterFlags(rawValue: 8192)
}

/// The character properties and mappings that normalisers need, read once from the generated tables.
final class CharacterTable: Sendable {
  static let shared = CharacterTable()

  private let flags: [CharacterFlags]
  private let canonical: [UInt32: [UInt32]]
  private let compatibility: [UInt32: [UInt32]]
  private let lower: [UInt32: [UInt32]]
  private let combiningClasses: [UInt32: UInt8]
  private let allCombiningClasses: [UInt32: UInt8]
  private let compositions: [UInt64: UInt32]

  private init() {
    var flags = [CharacterFlags](repeating: [], count: 0x110000)
    func mark(_ table: StaticString, _ flag: CharacterFlags) {
      for range in TableReader.ranges(TableReader.text(table)) {
        for value in range { flags[Int(value)].insert(flag) }
      }
    }
    mark(CategoryTable.controls, .control)
    mark(CategoryTable.whitespace, .whitespace)
    mark(CategoryTable.punctuation, .punctuation)
    mark(CategoryTable.nonspacing, .nonspacing)
    mark(CategoryTable.combining, .combining)
    mark(CategoryTable.letters, .letter)
    mark(CategoryTable.numbers, .number)
    mark(PatternTable.rustWord, .word)
    // The blocks that BERT treats as Chinese. The reference leaves out U+2B820...U+2B91F too.
    let ideographs: [ClosedRange<Int>] = [
      0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F, 0x2B920...0x2CEAF,
      0xF900...0xFAFF, 0x2F800...0x2FA1F,
    ]
    for range in ideographs { for value in range { flags[value].insert(.ideograph) } }
    canonical = TableReader.mappings(CanonicalTable.text)
    compatibility = TableReader.mappings(CompatibilityTable.text)
    lower = TableReader.mappings(LowerCaseTable.text)
    for value in canonical.keys { flags[Int(value)].insert(.canonical) }
    for value in compatibility.keys { flags[Int(value)].insert(.compatibility) }
    for value in lower.keys { flags[Int(value)].insert(.lowered) }
    for value in CharacterTable.hangul { flags[Int(value)].insert(.canonical) }
    combiningClasses = TableReader.classes(CategoryTable.reordered)
    for value in combiningClasses.keys { flags[Int(value)].insert(.reordered) }
    allCombiningClasses = TableReader.classes(CompositionTable.classes)
    for value in allCombiningClasses.keys { flags[Int(value)].insert(.composing) }
    var pairs: [UInt64: UInt32] = [:]
    for (whole, parts) in TableReader.mappings(CompositionTable.pairs) {
      pairs[UInt64(parts[0]) << 32 | UInt64(parts[1])] = whole
      flags[Int(parts[1])].insert(.composing)
    }
    compositions = pairs
    let whole = Set(pairs.values)
    for value in canonical.keys where !whole.contains(value) { flags[Int(value)].insert(.composing) }
    // Vowels and final consonants of Hangul, which are composed with what precedes them.
    for value in 0x1161...0x11C2 { flags[value].insert(.composing) }
    self.flags = flags
  }

  /// Hangul syllables, whose decomposition is computed instead of stored (Unicode Standard, section 3.12).
  private static let hangul: Range<UInt32> = 0xAC00..<0xAC00 + 11_172

  @inline(__always)
  subscript(scalar: UInt32) -> CharacterFlags { flags[Int(scalar)] }

  /// The full canonical decomposition of a character flagged ``CharacterFlags/canonical``.
  func canonicalDecomposition(_ scalar: UInt32) -> [UInt32] {
    guard CharacterTable.hangul.contains(scalar) else { return canonical[scalar] ?? [scalar] }
    let index = scalar - 0xAC00
    let jamo = [0x1100 + index / 588, 0x1161 + index % 588 / 28]
    return index % 28 == 0 ? jamo : jamo + [0x11A7 + index % 28]
  }

  /// The full compatibility decomposition of any character.
  func compatibilityDecomposition(_ scalar: UInt32) -> [UInt32] {
    compatibility[scalar] ?? canonicalDecomposition(scalar)
  }

  func lowerCase(_ scalar: UInt32) -> [UInt32] { lower[scalar] ?? [scalar] }

  /// The canonical combining class of a character that is not a non-spacing mark; 0 for most.
  func combiningClass(_ scalar: UInt32) -> UInt8 { combiningClasses[scalar] ?? 0 }

  /// The canonical combining class of any character.
  func canonicalClass(_ scalar: UInt32) -> UInt8 {
    self[scalar].contains(.composing) ? allCombiningClasses[scalar] ?? 0 : 0
  }

  /// The character that two neighbours become in canonical composition; `nil` for most.
  func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if (0x1100..<0x1113).contains(first), (0x1161..<0x1176).contains(second) {
      return 0xAC00 + ((first - 0x1100) * 21 + second - 0x1161) * 28
    }
    if CharacterTable.hangul.contains(first), (first - 0xAC00) % 28 == 0, (0x11A8..<0x11C3).contains(second) {
      return first + second - 0x11A7
    }
    return compositions[UInt64(first) << 32 | UInt64(second)]
  }
}
