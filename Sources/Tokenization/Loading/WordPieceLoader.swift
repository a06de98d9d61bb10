import Support

/// Builds BERT's tokenizer from vocab.txt or tokenizer.json.
enum WordPieceLoader {
  private static let defaults = [
    "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]",
  ]

  static func load(_ folder: TokenizerFolder) throws -> WordPieceTokenizer {
    // transformers rebuilds a named class from its settings; only for the generic class does tokenizer.json count whole.
    let own = try folder.declaredClass() == .asTokenizerJSON ? folder.tokenizerJSON : nil
    let readsText = own == nil && folder.has("vocab.txt")
    let path = readsText ? folder.path("vocab.txt") : folder.jsonPath
    let vocabulary: WordPieceVocabulary
    if readsText {
      vocabulary = try .read(path)
    } else if let model = folder.tokenizerJSON?["model"] {
      vocabulary = try self.vocabulary(model, path)
    } else {
      throw TokenizerError.missingFiles(
        folder: folder.folder, tokenizer: "the BERT tokenizer", names: ["vocab.txt", "tokenizer.json"])
    }
    var normalizer = BertNormalizer()
    if let settings = own?["normalizer"] {
      normalizer = try self.normalizer(settings, folder.jsonPath)
    } else {
      normalizer.lowersCase = try folder.flag("do_lower_case") ?? true
      normalizer.separatesIdeographs = try folder.flag("tokenize_chinese_chars") ?? true
      normalizer.stripsAccents = try folder.flag("strip_accents") ?? normalizer.lowersCase
    }
    let settings = try SpecialTokenSettings(folder, defaults: defaults)
    let (added, special) = settings.resolve(vocabularySize: vocabulary.largestID + 1) { vocabulary.id($0) }
    guard let unknown = vocabulary.id(settings.roles["unk_token"] ?? "[UNK]") else {
      throw TokenizerError.missingToken(
        path: path, token: (settings.roles["unk_token"] ?? "[UNK]").description, role: "unknown")
    }
    let template: SpecialTokenTemplate
    if own != nil {
      template = try PostProcessor.template(folder) ?? .plain
    } else if let cls = special.cls, let sep = special.sep {
      template = .bert(cls: cls, sep: sep)
    } else {
      throw TokenizerError.badField(
        path: folder.settingsPath, key: "cls_token, sep_token", found: "null", expected: "two tokens")
    }
    return WordPieceTokenizer(
      vocabulary: vocabulary, unknown: unknown,
      maximumWordLength: try maximumWordLength(own?["model"], folder.jsonPath),
      normalizer: normalizer, added: added, special: special, template: template,
      givesTypeIDs: try folder.givesTypeIDs(own == nil))
  }

  private static func maximumWordLength(_ model: JSON?, _ path: String) throws(TokenizerError) -> Int {
    guard let value = model?["max_input_chars_per_word"] else { return 100 }
    guard let length = value.integer, length > 0 else {
      throw .badField(
        path: path, key: "model.max_input_chars_per_word", found: value.summary, expected: "a positive integer")
    }
    return length
  }

  private static func vocabulary(_ model: JSON, _ path: String) throws(TokenizerError) -> WordPieceVocabulary {
    let type = model["type"]?.string
    guard type == nil || type == "WordPiece" else {
      throw .badField(path: path, key: "model.type", found: type ?? "", expected: "WordPiece")
    }
    let prefix = model["continuing_subword_prefix"]?.bytes ?? "##"
    return try WordPieceVocabulary(
      path: path, entries: VocabularyReader.entries(model["vocab"], path: path, key: "model.vocab"),
      prefix: prefix.bytes)
  }

  private static func normalizer(_ value: JSON, _ path: String) throws(TokenizerError) -> BertNormalizer {
    guard value["type"]?.string == "BertNormalizer" else {
      throw .unsupported(
        path: path, what: "normalizer \(value["type"]?.summary ?? value.summary)",
        advice: "expected BertNormalizer; name the tokenizer_class in tokenizer_config.json")
    }
    func flag(_ key: String) throws(TokenizerError) -> Bool? {
      guard let field = value[key], !field.isNull else { return nil }
      guard let flag = field.bool else {
        throw .badField(path: path, key: "normalizer." + key, found: field.summary, expected: "true or false")
      }
      return flag
    }
    var normalizer = BertNormalizer()
    normalizer.cleansText = try flag("clean_text") ?? true
    normalizer.separatesIdeographs = try flag("handle_chinese_chars") ?? true
    normalizer.lowersCase = try flag("lowercase") ?? true
    normalizer.stripsAccents = try flag("strip_accents") ?? normalizer.lowersCase
    return normalizer
  }
}
