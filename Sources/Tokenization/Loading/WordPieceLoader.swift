import Support

/// Builds BERT's tokenizer from vocab.txt or tokenizer.json.
enum WordPieceLoader {
  private static let defaults = [
    "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]",
  ]

  /// - Parameter givesTypeIDs: whether the class gives token types, as BERT's does and DistilBERT's does not.
  static func load(_ folder: TokenizerFolder, givesTypeIDs: Bool) throws -> WordPieceTokenizer {
    if let json = folder.tokenizerJSON { try check(json) }
    let readsText = folder.has("vocab.txt")
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
    normalizer.lowersCase = try folder.flag("do_lower_case") ?? true
    normalizer.separatesIdeographs = try folder.flag("tokenize_chinese_chars") ?? true
    normalizer.stripsAccents = try folder.flag("strip_accents") ?? normalizer.lowersCase
    let settings = try SpecialTokenSettings(folder, defaults: defaults)
    let (added, special) = settings.resolve(vocabularySize: vocabulary.largestID + 1) { vocabulary.id($0) }
    let unknownToken = settings.roles["unk_token"] ?? "[UNK]"
    guard let unknown = vocabulary.id(unknownToken) else {
      throw TokenizerError.missingToken(path: path, token: unknownToken.description, role: "unknown")
    }
    guard let cls = special.cls, let sep = special.sep else {
      throw TokenizerError.badField(
        path: folder.settings.path, key: "cls_token, sep_token", found: "null", expected: "two tokens")
    }
    let template = SpecialTokenTemplate.bert(cls: cls, sep: sep)
    try PostProcessor.requireAgreement(template, in: folder)
    return WordPieceTokenizer(
      vocabulary: vocabulary, unknown: unknown, maximumWordLength: standardWordLength, normalizer: normalizer,
      added: added, special: special, template: template, givesTypeIDs: try folder.givesTypeIDs(givesTypeIDs))
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

  /// Refuses a tokenizer.json with a part that the class, rebuilt around the vocabulary, would lose.
  ///
  /// Case, accents and ideographs are excepted, which the class's settings decide.
  private static func check(_ json: TokenizerField) throws(TokenizerError) {
    let model = json["model"]
    try model.require(type: "WordPiece")
    try model.refuse(otherThan: ["type", "vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word"])
    func refused(_ part: TokenizerField, _ what: String) -> TokenizerError {
      part.unsupported(
        "\(what) under a class of its own",
        advice: "name tokenizer_class PreTrainedTokenizerFast in tokenizer_config.json")
    }
    if try maximumWordLength(model) != standardWordLength {
      throw refused(model, "max_input_chars_per_word \(model["max_input_chars_per_word"].found)")
    }
    for part in try json["pre_tokenizer"].sequence(of: "pretokenizers") where part.type != "BertPreTokenizer" {
      throw refused(part, part.type ?? part.found)
    }
    let normalizer = json["normalizer"]
    guard !normalizer.isAbsent else { return }
    guard normalizer.type == "BertNormalizer" else { throw refused(normalizer, normalizer.type ?? normalizer.found) }
    _ = try NormalizerReader.steps(normalizer)
    if normalizer["clean_text"].json == .bool(false) { throw refused(normalizer, "clean_text false") }
  }
}
