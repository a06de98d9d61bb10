import Support

/// Reads the `decoder` of tokenizer.json.
enum DecoderReader {
  /// The decoders in order; `nil` where tokenizer.json has none.
  static func steps(_ field: TokenizerField) throws(TokenizerError) -> [DecodingStep]? {
    if field.isAbsent { return nil }
    return try field.sequence(of: "decoders").map { (part) throws(TokenizerError) in try step(part) }
  }

  private static func step(_ part: TokenizerField) throws(TokenizerError) -> DecodingStep {
    switch part.type {
    case "ByteLevel":
      try part.refuse(otherThan: ["type", "add_prefix_space", "trim_offsets", "use_regex"])
      return .byteLevel
    case "WordPiece":
      try part.refuse(otherThan: ["type", "prefix", "cleanup"])
      return .wordPiece(
        prefix: try part["prefix"].optional(.bytes)?.bytes ?? Array("##".utf8),
        cleansUp: try part["cleanup"].optional(.flag) ?? true)
    case "Metaspace":
      try part.refuse(otherThan: ["type", "replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep"])
      return .metaspace(
        replacement: try part["replacement"].optional(PreTokenizerReader.character) ?? 0x2581,
        dropsFirst: try PreTokenizerReader.prefix(part) != .never)
    case "ByteFallback":
      try part.refuse(otherThan: ["type"])
      return .byteFallback
    case "Fuse":
      try part.refuse(otherThan: ["type"])
      return .fuse
    case "Strip":
      try part.refuse(otherThan: ["type", "content", "start", "stop"])
      return .strip(
        try part["content"].required(PreTokenizerReader.character),
        start: try part["start"].required(.integer(in: 0...1 << 20)),
        stop: try part["stop"].required(.integer(in: 0...1 << 20)))
    case "Replace":
      try part.refuse(otherThan: ["type", "pattern", "content"])
      return .replace(try PatternReader.finder(part["pattern"]), try part["content"].required(.bytes).bytes)
    case "BPEDecoder":
      try part.refuse(otherThan: ["type", "suffix"])
      let suffix = try part["suffix"].optional(.bytes) ?? "</w>"
      guard !suffix.bytes.isEmpty else { throw part["suffix"].fault("at least one character") }
      return .suffix(suffix.bytes)
    default:
      throw part["type"].fault(
        "ByteLevel, WordPiece, Metaspace, ByteFallback, Fuse, Strip, Replace, BPEDecoder or Sequence")
    }
  }
}
