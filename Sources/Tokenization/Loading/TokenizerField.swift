import Support

/// A place in one of a tokenizer's settings files.
///
/// A key that is ignored could change the tokens unnoticed. Therefore every key of a part of tokenizer.json is either
/// read or refused by name.
typealias TokenizerField = JSONField<TokenizerError>

extension JSONKind where Value == Int32 {
  static var tokenID: JSONKind {
    .init("a token id") { json in json.integer.flatMap(Int32.init(exactly:)).flatMap { $0 >= 0 ? $0 : nil } }
  }
}

extension JSONField<TokenizerError> {
  /// The `type` of a part; `nil` when it has none.
  var type: String? { json?["type"]?.string }

  /// The parts of a `Sequence`; a value of another type is the only part, and an absent or null value has no parts.
  ///
  /// For instance, `{"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "Lowercase"}]}` has two parts.
  ///
  /// - Parameter list: the key of the parts within a sequence.
  /// - Throws: ``TokenizerError/badField(path:key:found:expected:)``.
  func sequence(of list: String) throws(TokenizerError) -> [TokenizerField] {
    if isAbsent { return [] }
    guard type == "Sequence" else { return [self] }
    try refuse(otherThan: ["type", list])
    var parts: [TokenizerField] = []
    // A sequence within a sequence is replaced by its parts.
    for part in try self[list].items() { parts += part.type == "Sequence" ? try part.sequence(of: list) : [part] }
    return parts
  }

  /// Refuses keys that are not `known`. A key whose value is null, false or empty has no effect, so it is accepted.
  ///
  /// - Throws: ``TokenizerError`` naming the first key that is refused.
  func refuse(otherThan known: Set<String>, advice: String = "is it written by a newer program?") throws(TokenizerError)
  {
    for member in json?.object?.members ?? [] where !known.contains(member.key.description) {
      let found = member.value
      guard !found.isNull, found != .bool(false), found.bytes?.bytes.isEmpty != true, found.array?.isEmpty != true
      else {
        continue
      }
      throw .unsupported(path: path, what: "\(self[member.key.description].key) \(found.summary)", advice: advice)
    }
  }

  /// Requires the part's type; an absent type is accepted, since older files do not have it.
  ///
  /// - Throws: ``TokenizerError`` when the part has another type.
  func require(type expected: String) throws(TokenizerError) {
    let field = self["type"]
    guard field.json != nil, type != expected else { return }
    throw field.fault(expected)
  }

  func unsupported(_ what: String, advice: String) -> TokenizerError {
    .unsupported(path: path, what: "\(key): \(what)", advice: advice)
  }
}
