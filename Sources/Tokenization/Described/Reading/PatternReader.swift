import Support

/// Reads a pattern of tokenizer.json, `{"String": " "}` or `{"Regex": "\\s+"}`.
enum PatternReader {
  static func finder(_ field: TokenizerField) throws(TokenizerError) -> TextFinder {
    try field.refuse(otherThan: ["String", "Regex"])
    if field["Regex"].json != nil {
      return .pattern(try TextPattern(try field["Regex"].required(.string), in: field["Regex"]))
    }
    let string = try field["String"].required(.bytes)
    guard !string.bytes.isEmpty else { throw field["String"].fault("at least one character") }
    return .string(string.bytes)
  }
}
