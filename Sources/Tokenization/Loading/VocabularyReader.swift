import Support

/// Reads a vocabulary that is a JSON object from token to id, e.g. `{"the": 262, "of": 286}`.
enum VocabularyReader {
  static func entries(_ field: TokenizerField) throws(TokenizerError) -> [(ByteString, Int32)] {
    // No real vocabulary has a larger id, and the model's embedding would need a row for every id up to it.
    let id = JSONKind<Int32>("an id below 16777216") { json in
      json.integer.flatMap { (0..<1 << 24).contains($0) ? Int32($0) : nil }
    }
    let entries = try field.members(id, "an object of token ids")
    guard !entries.isEmpty else { throw field.fault("an object of token ids") }
    return entries
  }
}
