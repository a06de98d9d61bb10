import Support

/// Builds BERT's tokenizer from vocab.txt or tokenizer.json.
enum WordPieceLoader {
  private static let defaults = [
    "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]",
  ]

  static func load(_ folder: TokenizerFolder) throws -> WordPieceTokenizer {
    // transformers rebuilds a named class from its settings; only the generic class follows all of tokenizer.json.
    let own = try folder.declaredClass() == .asTokenizerJSON ? folder.tokenizerJSON : nil
    if let json = folder.tokenizerJSON { try check(json, folder.jsonPath, rebuilt: own == nil) }
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
    if let own {
      normalizer = try self.normalizer(own["normalizer"], folder.jsonPath)
    } else {
      normalizer.lowersCase = try folder.flag("do_lower_case") ?? true
      normalizer.separatesIdeographs = try folder.flag("tokenize_chinese_chars") ?? true
      normalizer.stripsAccents = try folder.flag("strip_accents") ?? normalizer.lowersCase
    }
    let settings = try SpecialTokenSettings(folder, defaults: defaults)
    let (added, special) = settings.resolve(vocabularySize: vocabulary.largestID + 1) { vocabulary.id($0) }
    let unknownToken =
      try own?["model"].flatMap { try TokenizerPart($0, path: path, key: "model").text("unk_token") }
      ?? settings.roles["unk_token"] ?? "[UNK]"
    guard let unknown = vocabulary.id(unknownToken) else {
      throw TokenizerError.missingToken(path: path, token: unknownToken.description, role: "unknown")
    }
    let template: SpecialTokenTemplate
    if own != nil {
      template = try PostProcessor.template(folder) ?? .plain
    } else if let cls = special.cls, let sep = special.sep {
      template = .bert(cls: cls, sep: sep)
      try PostProcessor.requireAgreement(template, in: folder)
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
    let prefix = try TokenizerPart(model, path: path, key: "model").text("continuing_subword_prefix") ?? "##"
    return try WordPieceVocabulary(
      path: path, entries: VocabularyReader.entries(model["vocab"], path: path, key: "model.vocab"),
      prefix: prefix.bytes)
  }

  /// Refuses a tokenizer.json with a part that would change the tokens and is not supported here.
  ///
  /// - Parameter rebuilt: whether transformers rebuilds a named class around the vocabulary. Parts that the class would
  ///   lose are then refused too, except case, accents and ideographs, which the class's settings decide.
  private static func check(_ json: JSON, _ path: String, rebuilt: Bool) throws(TokenizerError) {
    if let model = json["model"] {
      let part = TokenizerPart(model, path: path, key: "model")
      try part.require(type: "WordPiece")
      try part.refuse(
        otherThan: ["type", "vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word"])
      if rebuilt, try maximumWordLength(model, path) != 100 {
        throw part.unsupported(
          "max_input_chars_per_word \(model["max_input_chars_per_word"]?.summary ?? "") under a class of its own",
          advice: "name tokenizer_class PreTrainedTokenizerFast in tokenizer_config.json")
      }
    }
    let splitters = try TokenizerPart.sequence(
      json["pre_tokenizer"], path: path, key: "pre_tokenizer", of: "pretokenizers")
    guard splitters.allSatisfy({ $0.type == "BertPreTokenizer" }), rebuilt || !splitters.isEmpty else {
      throw .unsupported(
        path: path, what: "pre_tokenizer \(splitters.map { $0.type ?? "null" }.joined(separator: ", "))",
        advice: "expected BertPreTokenizer")
    }
    let found = try normalizer(json["normalizer"], path)
    guard !rebuilt || json["normalizer"]?.isNull != false || found.cleansText else {
      throw .unsupported(
        path: path, what: "normalizer.clean_text false under a class of its own",
        advice: "name tokenizer_class PreTrainedTokenizerFast in tokenizer_config.json")
    }
  }

  /// The normalizer of tokenizer.json, or one that changes nothing if tokenizer.json has none.
  private static func normalizer(_ value: JSON?, _ path: String) throws(TokenizerError) -> BertNormalizer {
    var normalizer = BertNormalizer()
    guard let value, !value.isNull else {
      (normalizer.cleansText, normalizer.separatesIdeographs) = (false, false)
      (normalizer.lowersCase, normalizer.stripsAccents) = (false, false)
      return normalizer
    }
    let part = TokenizerPart(value, path: path, key: "normalizer")
    guard part.type == "BertNormalizer" else {
      throw part.unsupported(part.type ?? value.summary, advice: "expected BertNormalizer")
    }
    try part.refuse(otherThan: ["type", "clean_text", "handle_chinese_chars", "lowercase", "strip_accents"])
    normalizer.cleansText = try part.flag("clean_text") ?? true
    normalizer.separatesIdeographs = try part.flag("handle_chinese_chars") ?? true
    normalizer.lowersCase = try part.flag("lowercase") ?? true
    normalizer.stripsAccents = try part.flag("strip_accents") ?? normalizer.lowersCase
    return normalizer
  }
}
