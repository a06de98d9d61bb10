import Support

/// Reads the `pre_tokenizer` of tokenizer.json.
enum PreTokenizerReader {
  static func steps(_ field: TokenizerField) throws(TokenizerError) -> [CuttingStep] {
    try field.sequence(of: "pretokenizers").map { (part) throws(TokenizerError) in try step(part) }
  }

  private static func step(_ part: TokenizerField) throws(TokenizerError) -> CuttingStep {
    switch part.type {
    case "ByteLevel":
      try part.refuse(otherThan: ["type", "add_prefix_space", "trim_offsets", "use_regex"])
      return .byteLevel(
        addsPrefixSpace: try part["add_prefix_space"].optional(.flag) ?? true,
        pattern: try part["use_regex"].optional(.flag) ?? true ? .gpt2 : nil)
    case "Split": return try split(part)
    case "Digits":
      try part.refuse(otherThan: ["type", "individual_digits"])
      let isIndividual = try part["individual_digits"].optional(.flag) ?? false
      return .characters(.number, isIndividual ? .isolated : .contiguous)
    case "Punctuation":
      try part.refuse(otherThan: ["type", "behavior"])
      return .characters(.punctuation, try part["behavior"].optional(behavior) ?? .isolated)
    case "Whitespace":
      try part.refuse(otherThan: ["type"])
      return .whitespace
    case "WhitespaceSplit":
      try part.refuse(otherThan: ["type"])
      return .characters(.whitespace, .removed)
    case "BertPreTokenizer":
      try part.refuse(otherThan: ["type"])
      return .bert
    case "CharDelimiterSplit":
      try part.refuse(otherThan: ["type", "delimiter"])
      return .characters(.one(try part["delimiter"].required(character)), .removed)
    case "FixedLength":
      try part.refuse(otherThan: ["type", "length"])
      return .fixedLength(try part["length"].optional(.integer(in: 1...1 << 20)) ?? 5)
    case "Metaspace": return try metaspace(part)
    default:
      throw part["type"].fault(
        "ByteLevel, Split, Digits, Punctuation, Whitespace, WhitespaceSplit, BertPreTokenizer, CharDelimiterSplit, "
          + "FixedLength, Metaspace or Sequence")
    }
  }

  private static let behavior = JSONKind("Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous") {
    $0.string.flatMap { SplitBehavior(rawValue: $0) }
  }

  static let character = JSONKind<UInt32>("one character") { json in
    json.string.flatMap { text in
      let scalars = text.unicodeScalars
      return scalars.count == 1 ? scalars.first?.value : nil
    }
  }

  private static func split(_ part: TokenizerField) throws(TokenizerError) -> CuttingStep {
    try part.refuse(otherThan: ["type", "pattern", "behavior", "invert"])
    let behavior = try part["behavior"].required(behavior)
    let isInverted = try part["invert"].optional(.flag) ?? false
    if behavior == .isolated, !isInverted, let expression = part["pattern"]["Regex"].json?.string,
      let words = WordPattern(expression: expression)
    {
      return .words(words)
    }
    return .split(try PatternReader.finder(part["pattern"]), behavior, inverted: isInverted)
  }

  private static func metaspace(_ part: TokenizerField) throws(TokenizerError) -> CuttingStep {
    try part.refuse(otherThan: ["type", "replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep"])
    return .metaspace(
      replacement: try part["replacement"].optional(character) ?? 0x2581, prefix: try prefix(part),
      splits: try part["split"].optional(.flag) ?? true)
  }

  /// The prefix of a Metaspace. Files written before 2024 have add_prefix_space instead of prepend_scheme.
  static func prefix(_ part: TokenizerField) throws(TokenizerError) -> MetaspaceTokenizer.Prefix {
    let known = JSONKind("always, first or never") { $0.string.flatMap(MetaspaceTokenizer.Prefix.init) }
    if let prefix = try part["prepend_scheme"].optional(known) { return prefix }
    return part["add_prefix_space"].json == .bool(false) ? .never : .always
  }
}
