import Foundation
import Support

/// The parsed settings files of a checkpoint folder.
struct TokenizerFolder {
  let folder: String
  /// `tokenizer_config.json`; empty when absent.
  let settings: JSON
  /// `special_tokens_map.json`. Like `added_tokens.json`, it is read only where the settings have no
  /// `added_tokens_decoder`.
  let specialTokensMap: JSON?
  let addedTokens: JSON?
  /// `config.json` of the model.
  let modelConfig: JSON?
  let tokenizerJSON: JSON?

  /// Reads the settings files that the folder has.
  ///
  /// - Throws: ``TokenizerError`` or `FileError` when the folder or a settings file cannot be read.
  init(_ folder: String) throws {
    guard Files.exists(folder) else { throw FileError.missing(path: folder) }
    guard Files.isFolder(folder) else {
      throw FileError.unreadable(path: folder, reason: "not a folder; expected a checkpoint folder")
    }
    self.folder = folder
    func read(_ name: String, limit: Int = LoadingLimits.settings) throws -> JSON? {
      let path = folder + "/" + name
      guard Files.exists(path) else { return nil }
      let value = try TokenizerFolder.parse(path, limit: limit)
      guard value.object != nil else {
        throw TokenizerError.badField(path: path, key: "(top)", found: value.summary, expected: "an object")
      }
      return value
    }
    let settings = try read("tokenizer_config.json") ?? .object(JSONObject())
    self.settings = settings
    specialTokensMap = settings["added_tokens_decoder"] == nil ? try read("special_tokens_map.json") : nil
    addedTokens = settings["added_tokens_decoder"] == nil ? try read("added_tokens.json") : nil
    modelConfig = try read("config.json")
    tokenizerJSON = try read("tokenizer.json", limit: LoadingLimits.tokenizerJSON)
    if let tokenizerJSON {
      // Callers decide about truncation and padding themselves, and a decoder does not change ids.
      try TokenizerPart(tokenizerJSON, path: folder + "/tokenizer.json", key: "(top)").refuse(
        otherThan: [
          "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
          "decoder",
          "model",
        ])
    }
  }

  static func parse(_ path: String, limit: Int) throws -> JSON {
    let bytes = try Files.read(path, limit: limit)
    do throws(JSONParseError) { return try JSON.parse(bytes) } catch {
      throw TokenizerError.malformedJSON(path: path, reason: error.description)
    }
  }

  func path(_ name: String) -> String { folder + "/" + name }

  func has(_ name: String) -> Bool { Files.exists(path(name)) }

  var settingsPath: String { path("tokenizer_config.json") }
  var jsonPath: String { path("tokenizer.json") }

  /// A true-or-false setting; `nil` when absent or null.
  func flag(_ key: String) throws(TokenizerError) -> Bool? {
    guard let value = settings[key], !value.isNull else { return nil }
    guard let flag = value.bool else {
      throw .badField(path: settingsPath, key: key, found: value.summary, expected: "true or false")
    }
    return flag
  }

  /// The tokenizer's class in transformers, as the folder names it.
  enum DeclaredClass: Equatable {
    /// A class name, without `Fast`.
    case named(String)
    /// A class that follows tokenizer.json, such as PreTrainedTokenizerFast.
    case asTokenizerJSON
    case none
  }

  func declaredClass() throws(TokenizerError) -> DeclaredClass {
    for (path, value) in [
      (settingsPath, settings["tokenizer_class"]), (path("config.json"), modelConfig?["tokenizer_class"]),
    ] {
      guard let value, !value.isNull else { continue }
      guard let name = value.string else {
        throw .badField(path: path, key: "tokenizer_class", found: value.summary, expected: "a class name")
      }
      let short = name.hasSuffix("Fast") ? String(name.dropLast(4)) : name
      return short == "PreTrainedTokenizer" || short == "TokenizersBackend" ? .asTokenizerJSON : .named(short)
    }
    return .none
  }

  /// Whether the model reads token type ids: whether `model_input_names` has token_type_ids.
  ///
  /// A model with one token type never does; KLUE and GuwenBERT, for example, are RoBERTa models with a BERT tokenizer.
  /// - Parameter standard: the result where the settings have no `model_input_names`.
  func givesTypeIDs(_ standard: Bool) throws(TokenizerError) -> Bool {
    if typeVocabularySize == 1 { return false }
    guard let value = settings["model_input_names"], !value.isNull else { return standard }
    guard let names = value.array else {
      throw .badField(path: settingsPath, key: "model_input_names", found: value.summary, expected: "an array")
    }
    return names.contains(.text("token_type_ids"))
  }

  /// Whether the pre-tokenizer of tokenizer.json is, or contains, `ByteLevel`.
  var isByteLevelJSON: Bool {
    let whole = tokenizerJSON?["pre_tokenizer"]
    return [whole].compactMap(\.self).contains { $0["type"]?.string == "ByteLevel" }
      || whole?["pretokenizers"]?.array?.contains { $0["type"]?.string == "ByteLevel" } == true
  }

  /// The number of token types that the model has embeddings for, if its configuration gives it.
  private var typeVocabularySize: Int? { modelConfig?["type_vocab_size"]?.integer }

  /// - Throws: ``TokenizerError`` when the template has a token type that the model has no embedding for.
  func requireTypes(of tokenizer: any Tokenizer) throws(TokenizerError) {
    guard tokenizer.givesTypeIDs, let size = typeVocabularySize else { return }
    let types = (tokenizer.template.single + tokenizer.template.pair).map { part in
      switch part {
      case .special(_, let typeID), .sequence(_, let typeID): Int(typeID)
      }
    }
    guard let largest = types.max(), largest >= size else { return }
    throw .badField(
      path: path("config.json"), key: "type_vocab_size", found: "\(size)",
      expected: "at least \(largest + 1), as the tokenizer's template has token type \(largest)")
  }

  /// `model_type` of the model's configuration.
  var modelType: String? { modelConfig?["model_type"]?.string }
}
