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
  /// Whether the settings list special tokens without a role.
  private(set) var namesExtraTokens = false

  /// Reads the folder's settings.
  ///
  /// Source: `PreTrainedTokenizerBase._from_pretrained` and `TokenizersBackend.__init__` of transformers 5.
  /// - Parameter defaults: contents of the roles where the settings do not name them.
  /// - Throws: ``TokenizerError/badField(path:key:found:expected:)``.
  init(_ folder: TokenizerFolder, defaults: [String: String]) throws(TokenizerError) {
    let isOld = folder.settings["added_tokens_decoder"].json == nil
    let listed = isOld ? try SpecialTokenSettings.oldTokens(folder) : try SpecialTokenSettings.tokens(folder)
    tokens = listed.sorted { $0.id < $1.id }.map(\.token)
    roles = [:]
    for role in SpecialTokens.roles {
      if let token = try SpecialTokenSettings.token(of: role, folder, defaults: defaults) {
        roles[role] = token.content
        add(token, named: true)
      }
    }
    for key in ["extra_special_tokens", "additional_special_tokens"] {
      let field = SpecialTokenSettings.newest(key, folder)
      namesExtraTokens = namesExtraTokens || !field.isAbsent
      var items: [TokenizerField] = []
      if field.json?.array != nil { items = try field.items() }
      if field.json?.object != nil { items = try field.members().map(\.1) }
      for item in items { add(try AddedToken(item, isSpecial: true), named: true) }
    }
    guard tokens.reduce(0, { $0 + $1.content.bytes.count }) <= LoadingLimits.addedTokenBytes else {
      throw .unsupported(
        path: folder.folder, what: "more than \(LoadingLimits.addedTokenBytes) bytes of added tokens",
        advice: "is it the right folder?")
    }
  }

  private typealias Listed = (id: Int32, token: AddedToken)

  /// The tokens of `added_tokens_decoder`, which maps ids to tokens, and those that only tokenizer.json has.
  private static func tokens(_ folder: TokenizerFolder) throws(TokenizerError) -> [Listed] {
    let decoder = folder.settings["added_tokens_decoder"]
    var listed: [Listed] = []
    for (name, field) in try decoder.members() {
      guard let id = Int32(name.description), id >= 0 else {
        throw .badField(path: decoder.path, key: decoder.key, found: "key \"\(name)\"", expected: "token ids")
      }
      listed.append((id, try AddedToken(field, isSpecial: false)))
    }
    // Where both files have a token, the settings win.
    for (id, token) in try folder.jsonAddedTokens()
    where !listed.contains(where: { $0.token.content == token.content }) {
      listed.append((id, token))
    }
    return listed
  }

  /// The tokens of a folder without `added_tokens_decoder`: those of `added_tokens.json`, which maps tokens to ids, and
  /// in their place those of tokenizer.json with the same ids.
  private static func oldTokens(_ folder: TokenizerFolder) throws(TokenizerError) -> [Listed] {
    var listed: [Listed] = []
    for (content, id) in folder.addedTokens.isAbsent ? [] : try folder.addedTokens.members(.tokenID) {
      listed.append((id, AddedToken(content: content, isSpecial: false)))
    }
    for (id, token) in try folder.jsonAddedTokens() {
      listed.removeAll { $0.id == id }
      listed.append((id, token))
    }
    return listed
  }

  /// The setting in special_tokens_map.json, which goes before tokenizer_config.json.
  private static func newest(_ key: String, _ folder: TokenizerFolder) -> TokenizerField {
    folder.specialTokensMap[key].json == nil ? folder.settings[key] : folder.specialTokensMap[key]
  }

  /// The token that a role has in the settings, or else by default; null means that no token has the role.
  private static func token(of role: String, _ folder: TokenizerFolder, defaults: [String: String])
    throws(TokenizerError) -> AddedToken?
  {
    let field = newest(role, folder)
    guard field.json == nil else { return field.isAbsent ? nil : try AddedToken(field, isSpecial: true) }
    return defaults[role].map { AddedToken(content: ByteString($0), isSpecial: true) }
  }

  /// Adds a special token without a role.
  mutating func add(special content: ByteString) { add(AddedToken(content: content, isSpecial: true), named: true) }

  /// Lets the token of a role take the white space on its left.
  mutating func stripLeft(of role: String) {
    guard let index = tokens.firstIndex(where: { $0.content == roles[role] }) else { return }
    tokens[index].stripsLeft = true
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
  ///
  /// - Parameter isSpecial: whether an object without the option `special` is a special token.
  init(_ field: TokenizerField, isSpecial standard: Bool) throws(TokenizerError) {
    if let content = field.json?.bytes {
      self.init(content: content, isSpecial: true)
      return
    }
    guard let content = field["content"].json?.bytes else {
      throw field.fault("a token, or an object with \"content\"")
    }
    let special = try field["special"].optional(.flag) ?? standard
    self.init(
      content: content, id: -1, isSpecial: special, isNormalized: try field["normalized"].optional(.flag) ?? !special,
      isSingleWord: try field["single_word"].optional(.flag) ?? false,
      stripsLeft: try field["lstrip"].optional(.flag) ?? false,
      stripsRight: try field["rstrip"].optional(.flag) ?? false)
  }
}

extension TokenizerFolder {
  /// The `added_tokens` of tokenizer.json with their ids.
  func jsonAddedTokens() throws(TokenizerError) -> [(id: Int32, token: AddedToken)] {
    guard let field = tokenizerJSON?["added_tokens"], !field.isAbsent else { return [] }
    return try field.items().map { (item) throws(TokenizerError) in
      (try item["id"].required(.tokenID), try AddedToken(item, isSpecial: false))
    }
  }
}
