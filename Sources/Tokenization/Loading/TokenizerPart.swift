import Support

/// One object of tokenizer.json.
///
/// A key that is ignored could change the tokens unnoticed. Therefore every key is either read or refused by name.
struct TokenizerPart {
  let value: JSON
  let path: String
  /// Where the object lies in the file, e.g. `pre_tokenizer.pretokenizers[0]`.
  let key: String

  init(_ value: JSON, path: String, key: String) { (self.value, self.path, self.key) = (value, path, key) }

  var type: String? { value["type"]?.string }

  /// The parts of a `Sequence`; a value of another type is the only part, and an absent or null value has no parts.
  ///
  /// For instance, `{"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "Lowercase"}]}` has two parts.
  ///
  /// - Parameter list: the key of the parts within a sequence.
  /// - Throws: ``TokenizerError/badField(path:key:found:expected:)``.
  static func sequence(_ value: JSON?, path: String, key: String, of list: String) throws(TokenizerError)
    -> [TokenizerPart]
  {
    guard let value, !value.isNull else { return [] }
    let whole = TokenizerPart(value, path: path, key: key)
    guard whole.type == "Sequence" else { return [whole] }
    try whole.refuse(otherThan: ["type", list])
    guard let items = value[list]?.array else {
      throw .badField(path: path, key: "\(key).\(list)", found: value[list]?.summary ?? "nothing", expected: "an array")
    }
    var parts: [TokenizerPart] = []
    for (index, item) in items.enumerated() {
      let itemKey = "\(key).\(list)[\(index)]"
      let part = TokenizerPart(item, path: path, key: itemKey)
      // A sequence within a sequence is replaced by its parts.
      parts += part.type == "Sequence" ? try sequence(item, path: path, key: itemKey, of: list) : [part]
    }
    return parts
  }

  /// Refuses keys that are not `known`. A key whose value is null, false or empty has no effect, so it is accepted.
  ///
  /// - Throws: ``TokenizerError`` naming the first key that is refused.
  func refuse(otherThan known: Set<String>, advice: String = "is it written by a newer program?") throws(TokenizerError)
  {
    for member in value.object?.members ?? [] where !known.contains(member.key.description) {
      let found = member.value
      guard !found.isNull, found != .bool(false), found.bytes?.bytes.isEmpty != true, found.array?.isEmpty != true
      else {
        continue
      }
      throw .unsupported(path: path, what: "\(key).\(member.key) \(found.summary)", advice: advice)
    }
  }

  /// Requires the part's type; an absent type is accepted, since older files do not have it.
  ///
  /// - Throws: ``TokenizerError`` when the part has another type.
  func require(type expected: String) throws(TokenizerError) {
    guard let found = value["type"], found.string != expected else { return }
    throw .badField(path: path, key: key + ".type", found: found.summary, expected: expected)
  }

  /// A true-or-false setting; `nil` when absent or null.
  func flag(_ name: String) throws(TokenizerError) -> Bool? {
    guard let field = value[name], !field.isNull else { return nil }
    guard let flag = field.bool else { throw bad(name, field, "true or false") }
    return flag
  }

  /// A string setting; `nil` when absent or null.
  func text(_ name: String) throws(TokenizerError) -> ByteString? {
    guard let field = value[name], !field.isNull else { return nil }
    guard let text = field.bytes else { throw bad(name, field, "a string") }
    return text
  }

  func bad(_ name: String, _ found: JSON?, _ expected: String) -> TokenizerError {
    .badField(path: path, key: "\(key).\(name)", found: found?.summary ?? "nothing", expected: expected)
  }

  func unsupported(_ what: String, advice: String) -> TokenizerError {
    .unsupported(path: path, what: "\(key): \(what)", advice: advice)
  }
}
