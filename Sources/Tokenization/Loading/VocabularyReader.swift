import Support

/// Reads a vocabulary that is a JSON object from token to id, e.g. `{"the": 262, "of": 286}`.
enum VocabularyReader {
  static func entries(_ value: JSON?, path: String, key: String) throws(TokenizerError) -> [(ByteString, Int32)] {
    guard let members = value?.object?.members, !members.isEmpty else {
      throw .badField(path: path, key: key, found: value?.summary ?? "nothing", expected: "an object of token ids")
    }
    var entries: [(ByteString, Int32)] = []
    entries.reserveCapacity(members.count)
    for member in members {
      // No real vocabulary has a larger id, and the model's embedding would need a row for every id up to it.
      guard let id = member.value.integer, id >= 0, id < 1 << 24 else {
        throw .badField(
          path: path, key: "\(key) \"\(member.key)\"", found: member.value.summary, expected: "an id below 16777216")
      }
      entries.append((member.key, Int32(id)))
    }
    return entries
  }
}
