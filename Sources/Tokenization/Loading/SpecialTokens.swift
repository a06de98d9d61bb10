import Support

/// The ids of the tokens that have a role; `nil` for a role that the tokenizer does not have.
package struct SpecialTokens: Sendable {
  package var bos: Int32?
  package var eos: Int32?
  package var unk: Int32?
  package var sep: Int32?
  package var pad: Int32?
  package var cls: Int32?
  package var mask: Int32?

  static let roles = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"]

  init(ids: [String: Int32]) {
    bos = ids["bos_token"]
    eos = ids["eos_token"]
    unk = ids["unk_token"]
    sep = ids["sep_token"]
    pad = ids["pad_token"]
    cls = ids["cls_token"]
    mask = ids["mask_token"]
  }
}

/// The added tokens and roles that a folder's settings define, before the tokens have ids.
struct SpecialTokenSettings {
  /// The content of each role's token, e.g. `[CLS]` for `cls_token`.
  var roles: [String: ByteString]
  /// Tokens in the order in which they receive ids.
  var tokens: [AddedToken]

  /// Reads the folder's settings.
  ///
  /// Source: `PreTrainedTokenizerBase._from_pretrained` and `TokenizersBackend.__init__` of transformers 5.
  /// - Parameter defaults: contents of the roles where the settings do not name them.
  /// - Throws: ``TokenizerError/badField(path:key:found:expected:)``.
  init(_ folder: TokenizerFolder, defaults: [String: String]) throws(TokenizerError) {
    var listed: [(id: Int32, token: AddedToken)] = []
    if let decoder = folder.settings["added_tokens_decoder"] {
      guard let members = decoder.object?.members else {
        throw .badField(
          path: folder.settingsPath, key: "added_tokens_decoder", found: decoder.summary, expected: "an object")
      }
      for member in members {
        guard let id = Int32(member.key.description), id >= 0 else {
          throw .badField(
            path: folder.settingsPath, key: "added_tokens_decoder", found: "key \"\(member.key)\"",
            expected: "token ids")
        }
        listed.append((id, try AddedToken(member.value, path: folder.settingsPath, key: "added_tokens_decoder.\(id)")))
      }
      // Where both files have a token, the settings win. A token that only tokenizer.json has is kept.
      for (id, token) in try folder.jsonAddedTokens()
      where !listed.contains(where: { $0.token.content == token.content }) {
        listed.append((id, token))
      }
    } else {
      for member in folder.addedTokens?.object?.members ?? [] {
        guard let id = member.value.integer.flatMap(Int32.init(exactly:)), id >= 0 else {
          throw .badField(
            path: folder.path("added_tokens.json"), key: member.key.description, found: member.value.summary,
            expected: "a token id")
        }
        listed.append((id, AddedToken(content: member.key, isSpecial: false)))
      }
      for (id, token) in try folder.jsonAddedTokens() {
        listed.removeAll { $0.id == id }
        listed.append((id, token))
      }
    }
    listed.sort { $0.id < $1.id }
    tokens = listed.map(\.token)
    roles = [:]
    for role in SpecialTokens.roles {
      var value = folder.settings[role]
      var path = folder.settingsPath
      if let mapped = folder.specialTokensMap?[role] {
        (value, path) = (mapped, folder.path("special_tokens_map.json"))
      }
      let token: AddedToken
      if let value {
        if value.isNull { continue }
        token = try AddedToken(value, path: path, key: role)
      } else if let content = defaults[role] {
        token = AddedToken(content: ByteString(content), isSpecial: true)
      } else {
        continue
      }
      roles[role] = token.content
      add(token, named: true)
    }
    for key in ["extra_special_tokens", "additional_special_tokens"] {
      let value = folder.specialTokensMap?[key] ?? folder.settings[key]
      let items = value?.array ?? value?.object?.members.map(\.value) ?? []
      for item in items { add(try AddedToken(item, path: folder.settingsPath, key: key), named: true) }
    }
    guard tokens.reduce(0, { $0 + $1.content.bytes.count }) <= LoadingLimits.addedTokenBytes else {
      throw .unsupported(
        path: folder.folder, what: "more than \(LoadingLimits.addedTokenBytes) bytes of added tokens",
        advice: "is it the right folder?")
    }
  }

  /// Adds a token, unless it is already listed; a listed token becomes special when it is `named` as a special token.
  private mutating func add(_ token: AddedToken, named: Bool) {
    if let index = tokens.firstIndex(where: { $0.content == token.content }) {
      if named { tokens[index].isSpecial = true }
    } else {
      tokens.append(token)
    }
  }

  /// Gives each token an id: the vocabulary's own if the vocabulary has the token, else the next from `vocabularySize`.
  func resolve(vocabularySize: Int32, _ id: (ByteString) -> Int32?) -> (added: [AddedToken], special: SpecialTokens) {
    var next = vocabularySize
    var added: [AddedToken] = []
    for var token in tokens where !token.content.bytes.isEmpty {
      if let known = id(token.content) {
        token.id = known
      } else {
        token.id = next
        next += 1
      }
      added.append(token)
    }
    var ids: [String: Int32] = [:]
    for (role, content) in roles { ids[role] = added.first { $0.content == content }?.id }
    return (added, SpecialTokens(ids: ids))
  }
}

extension AddedToken {
  /// A token without options. A special token is matched in the original text, any other in the normalised text.
  init(content: ByteString, isSpecial: Bool) {
    self.init(
      content: content, id: -1, isSpecial: isSpecial, isNormalized: !isSpecial, isSingleWord: false, stripsLeft: false,
      stripsRight: false)
  }

  /// Reads a string such as `"[CLS]"`, or an object with options such as `{"content": "[CLS]", "lstrip": true}`.
  init(_ value: JSON, path: String, key: String) throws(TokenizerError) {
    if let content = value.bytes {
      self.init(content: content, isSpecial: true)
      return
    }
    guard value.object != nil, let content = value["content"]?.bytes else {
      throw .badField(path: path, key: key, found: value.summary, expected: "a token, or an object with \"content\"")
    }
    func flag(_ name: String) throws(TokenizerError) -> Bool? {
      guard let value = value[name], !value.isNull else { return nil }
      guard let flag = value.bool else {
        throw .badField(path: path, key: "\(key).\(name)", found: value.summary, expected: "true or false")
      }
      return flag
    }
    let special = try flag("special") ?? !key.hasPrefix("added_tokens")
    self.init(
      content: content, id: -1, isSpecial: special, isNormalized: try flag("normalized") ?? !special,
      isSingleWord: try flag("single_word") ?? false, stripsLeft: try flag("lstrip") ?? false,
      stripsRight: try flag("rstrip") ?? false)
  }
}

extension TokenizerFolder {
  /// The `added_tokens` of tokenizer.json with their ids.
  func jsonAddedTokens() throws(TokenizerError) -> [(id: Int32, token: AddedToken)] {
    guard let value = tokenizerJSON?["added_tokens"], !value.isNull else { return [] }
    guard let items = value.array else {
      throw .badField(path: jsonPath, key: "added_tokens", found: value.summary, expected: "an array")
    }
    var out: [(id: Int32, token: AddedToken)] = []
    for item in items {
      guard let id = item["id"]?.integer.flatMap(Int32.init(exactly:)), id >= 0 else {
        throw .badField(
          path: jsonPath, key: "added_tokens.id", found: item["id"]?.summary ?? "nothing", expected: "a token id")
      }
      out.append((id, try AddedToken(item, path: jsonPath, key: "added_tokens")))
    }
    return out
  }
}
