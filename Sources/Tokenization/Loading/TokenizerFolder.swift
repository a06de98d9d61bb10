import Foundation
import Support

/// The parsed settings files of a checkpoint folder.
struct TokenizerFolder {
  let folder: String
  /// `tokenizer_config.json`. Like each field below, it has no value where the file is missing.
  let settings: TokenizerField
  /// `special_tokens_map.json`. Like `added_tokens.json`, it is read only where the settings have no
  /// `added_tokens_decoder`.
  let specialTokensMap: TokenizerField
  let addedTokens: TokenizerField
  /// `config.json` of the model.
  let modelConfig: TokenizerField
  /// `tokenizer.json`; `nil` where it is missing, since much depends on whether it is there.
  let tokenizerJSON: TokenizerField?

  /// Reads the settings files that the folder has.
  ///
  /// - Throws: ``TokenizerError`` or `FileError` when the folder or a settings file cannot be read.
  init(_ folder: String) throws {
    guard Files.exists(folder) else { throw FileError.missing(path: folder) }
    guard Files.isFolder(folder) else {
      throw FileError.unreadable(path: folder, reason: "not a folder; expected a checkpoint folder")
    }
    self.folder = folder
    func read(_ name: String, limit: Int = LoadingLimits.settings, where wanted: Bool = true) throws -> TokenizerField {
      let path = folder + "/" + name
      guard wanted, Files.exists(path) else { return TokenizerField(nil, path: path) }
      let file = try TokenizerField(file: path, limit: limit)
      _ = try file.required(.object)
      return file
    }
    let settings = try read("tokenizer_config.json")
    let isOld = settings["added_tokens_decoder"].json == nil
    self.settings = settings
    specialTokensMap = try read("special_tokens_map.json", where: isOld)
    addedTokens = try read("added_tokens.json", where: isOld)
    modelConfig = try read("config.json")
    let whole = try read("tokenizer.json", limit: LoadingLimits.tokenizerJSON)
    tokenizerJSON = whole.json == nil ? nil : whole
    // Callers decide about truncation and padding themselves, and a decoder does not change ids.
    try whole.refuse(
      otherThan: [
        "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder",
        "model",
      ])
  }

  func path(_ name: String) -> String { folder + "/" + name }

  func has(_ name: String) -> Bool { Files.exists(path(name)) }

  var jsonPath: String { path("tokenizer.json") }

  /// A true-or-false setting; `nil` when absent or null.
  func flag(_ key: String) throws(TokenizerError) -> Bool? { try settings[key].optional(.flag) }

  /// The tokenizer's class in transformers, as the folder names it, without `Fast`.
  func className() throws(TokenizerError) -> String? {
    for file in [settings, modelConfig] {
      guard let name = try file["tokenizer_class"].optional(JSONKind("a class name", \.string)) else { continue }
      return name.hasSuffix("Fast") ? String(name.dropLast(4)) : name
    }
    return nil
  }

  /// Whether the model reads token type ids: whether `model_input_names` has token_type_ids.
  ///
  /// A model with one token type never does; KLUE and GuwenBERT, for example, are RoBERTa models with a BERT tokenizer.
  /// - Parameter standard: the result where the settings have no `model_input_names`.
  func givesTypeIDs(_ standard: Bool) throws(TokenizerError) -> Bool {
    if typeVocabularySize == 1 { return false }
    guard let names = try settings["model_input_names"].optional(.array) else { return standard }
    return names.contains(.text("token_type_ids"))
  }

  /// Whether the pre-tokenizer of tokenizer.json is, or contains, `ByteLevel`.
  var isByteLevelJSON: Bool {
    let whole = tokenizerJSON?["pre_tokenizer"]
    return whole?.type == "ByteLevel"
      || whole?["pretokenizers"].json?.array?.contains { $0["type"]?.string == "ByteLevel" } == true
  }

  /// The number of token types that the model has embeddings for, if its configuration gives it.
  private var typeVocabularySize: Int? { modelConfig["type_vocab_size"].json?.integer }

  /// - Throws: ``TokenizerError`` when the template has a token type that the model has no embedding for.
  func requireTypes(of tokenizer: any Tokenizer) throws(TokenizerError) {
    guard tokenizer.givesTypeIDs, let size = typeVocabularySize else { return }
    let types = (tokenizer.template.single + tokenizer.template.pair).map { part in
      switch part {
      case .special(_, let typeID), .sequence(_, let typeID): Int(typeID)
      }
    }
    guard let largest = types.max(), largest >= size else { return }
    throw modelConfig["type_vocab_size"].fault(
      "at least \(largest + 1), as the tokenizer's template has token type \(largest)")
  }

  /// `model_type` of the model's configuration.
  var modelType: String? { modelConfig["model_type"].json?.string }
}
