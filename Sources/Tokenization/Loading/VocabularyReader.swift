import Support

/// Reads a vocabulary written as a JSON object from token to id.
enum VocabularyReader {
  static func entries(_ value: JSON?, path: String, key: String) throws(TokenizerError) -> [(ByteString, Int32)] {
    guard let members = value?.object?.members, !members.isEmpty else {
      throw .badField(path: path, key: key, found: value?.summary ?? "nothing", expected: "an object of token ids")
    }
    var entries: [(ByteString, Int32)] = []
    entries.reserveCapacity(members.count)
    for member in members {
      // A larger id would make the model's embedding larger than any memory.
      guard let id = member.value.integer, id >= 0, id < 1 << 24 else {
        throw .badField(
          path: path, key: "\(key) \"\(member.key)\"", found: member.value.summary, expected: "an id below 16777216")
      }
      entries.append((member.key, Int32(id)))
    }
    return entries
  }
}
