import Support

/// Builds BERT's tokenizer from vocab.txt or tokenizer.json.
enum WordPieceLoader {
  private static let defaults = [
    "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]",
  ]

  static func load(_ folder: TokenizerFolder) throws -> WordPieceTokenizer {
    // transformers rebuilds a named class from its settings; only the generic class follows all of tokenizer.json.
    let own = try folder.declaredClass() == .asTokenizerJSON ? folder.tokenizerJSON : nil
    if let json = folder.tokenizerJSON { try check(json, rebuilt: own == nil) }
    let readsText = own == nil && folder.has("vocab.txt")
    let path = readsText ? folder.path("vocab.txt") : folder.jsonPath
    let vocabulary: WordPieceVocabulary
    if readsText {
      vocabulary = try .read(path)
    } else if let model = folder.tokenizerJSON?["model"], model.json != nil {
      vocabulary = try self.vocabulary(model)
    } else {
      throw TokenizerError.missingFiles(
        folder: folder.folder, tokenizer: "the BERT tokenizer", names: ["vocab.txt", "tokenizer.json"])
    }
    var normalizer = BertNormalizer()
    if let own {
      normalizer = try self.normalizer(own["normalizer"])
    } else {
      normalizer.lowersCase = try folder.flag("do_lower_case") ?? true
      normalizer.separatesIdeographs = try folder.flag("tokenize_chinese_chars") ?? true
      normalizer.stripsAccents = try folder.flag("strip_accents") ?? normalizer.lowersCase
    }
    let settings = try SpecialTokenSettings(folder, defaults: defaults)
    let (added, special) = settings.resolve(vocabularySize: vocabulary.largestID + 1) { vocabulary.id($0) }
    let unknownToken =
      try own?["model"]["unk_token"].optional(.bytes) ?? settings.roles["unk_token"] ?? "[UNK]"
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
        path: folder.settings.path, key: "cls_token, sep_token", found: "null", expected: "two tokens")
    }
    return WordPieceTokenizer(
      vocabulary: vocabulary, unknown: unknown,
      maximumWordLength: try own.map { try maximumWordLength($0["model"]) } ?? standardWordLength,
      normalizer: normalizer, added: added, special: special, template: template,
      givesTypeIDs: try folder.givesTypeIDs(own == nil))
  }

  private static let standardWordLength = 100

  private static func maximumWordLength(_ model: TokenizerField) throws(TokenizerError) -> Int {
    let field = model["max_input_chars_per_word"]
    guard field.json != nil else { return standardWordLength }
    return try field.required(JSONKind("a positive integer") { json in json.integer.flatMap { $0 > 0 ? $0 : nil } })
  }

  private static func vocabulary(_ model: TokenizerField) throws(TokenizerError) -> WordPieceVocabulary {
    let prefix = try model["continuing_subword_prefix"].optional(.bytes) ?? "##"
    return try WordPieceVocabulary(
      path: model.path, entries: VocabularyReader.entries(model["vocab"]), prefix: prefix.bytes)
  }

  /// Refuses a tokenizer.json with a part that would change the tokens and is not supported here.
  ///
  /// - Parameter rebuilt: whether transformers rebuilds a named class around the vocabulary. Parts that the class would
  ///   lose are then refused too, except case, accents and ideographs, which the class's settings decide.
  private static func check(_ json: TokenizerField, rebuilt: Bool) throws(TokenizerError) {
    let model = json["model"]
    try model.require(type: "WordPiece")
    try model.refuse(otherThan: ["type", "vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word"])
    if rebuilt, try maximumWordLength(model) != standardWordLength {
      throw model.unsupported(
        "max_input_chars_per_word \(model["max_input_chars_per_word"].found) under a class of its own",
        advice: "name tokenizer_class PreTrainedTokenizerFast in tokenizer_config.json")
    }
    let splitters = try json["pre_tokenizer"].sequence(of: "pretokenizers")
    guard splitters.allSatisfy({ $0.type == "BertPreTokenizer" }), rebuilt || !splitters.isEmpty else {
      throw .unsupported(
        path: json.path, what: "pre_tokenizer \(splitters.map { $0.type ?? "null" }.joined(separator: ", "))",
        advice: "expected BertPreTokenizer")
    }
    let found = try normalizer(json["normalizer"])
    guard !rebuilt || json["normalizer"].isAbsent || found.cleansText else {
      throw .unsupported(
        path: json.path, what: "normalizer.clean_text false under a class of its own",
        advice: "name tokenizer_class PreTrainedTokenizerFast in tokenizer_config.json")
    }
  }

  /// The normalizer of tokenizer.json, or one that changes nothing if tokenizer.json has none.
  private static func normalizer(_ part: TokenizerField) throws(TokenizerError) -> BertNormalizer {
    var normalizer = BertNormalizer()
    guard !part.isAbsent else {
      (normalizer.cleansText, normalizer.separatesIdeographs) = (false, false)
      (normalizer.lowersCase, normalizer.stripsAccents) = (false, false)
      return normalizer
    }
    guard part.type == "BertNormalizer" else {
      throw part.unsupported(part.type ?? part.found, advice: "expected BertNormalizer")
    }
    try part.refuse(otherThan: ["type", "clean_text", "handle_chinese_chars", "lowercase", "strip_accents"])
    normalizer.cleansText = try part["clean_text"].optional(.flag) ?? true
    normalizer.separatesIdeographs = try part["handle_chinese_chars"].optional(.flag) ?? true
    normalizer.lowersCase = try part["lowercase"].optional(.flag) ?? true
    normalizer.stripsAccents = try part["strip_accents"].optional(.flag) ?? normalizer.lowersCase
    return normalizer
  }
}
