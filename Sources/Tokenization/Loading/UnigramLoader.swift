import Support

/// Builds the tokenizers of the classes that put their own normalisation and special tokens around a unigram model.
///
/// Source: `XLMRobertaTokenizer`, `CamembertTokenizer` and `DebertaV2Tokenizer` of transformers 5.
enum UnigramLoader {
  enum Class {
    case xlmRoberta, camembert, debertaV2

    var modelName: String { self == .debertaV2 ? "spm.model" : "sentencepiece.bpe.model" }

    fileprivate var title: String {
      switch self {
      case .xlmRoberta: "the XLM-RoBERTa tokenizer"
      case .camembert: "the CamemBERT tokenizer"
      case .debertaV2: "the DeBERTa-v2 tokenizer"
      }
    }

    fileprivate var defaults: [String: String] {
      self == .debertaV2
        ? [
          "bos_token": "[CLS]", "eos_token": "[SEP]", "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]",
          "cls_token": "[CLS]", "mask_token": "[MASK]",
        ]
        : [
          "bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>", "unk_token": "<unk>",
          "pad_token": "<pad>", "mask_token": "<mask>",
        ]
    }
  }

  /// Pieces with scores, and what a SentencePiece model or tokenizer.json has besides them.
  private struct Source {
    var path: String
    var entries: [(piece: ByteString, score: Double)]
    var map: CharacterMap?
    /// Where the unknown piece is, for DeBERTa's class, which takes it from the model.
    var unknown = 1
  }

  static func load(_ folder: TokenizerFolder, _ kind: Class) throws -> any Tokenizer {
    var settings = try SpecialTokenSettings(folder, defaults: kind.defaults)
    let source: Source
    if let json = folder.tokenizerJSON {
      try json["model"].require(type: "Unigram")
      try json["model"].refuse(otherThan: ["type", "vocab", "unk_id"])
      source = Source(
        path: json.path, entries: try ModelReader.pieces(json["model"]["vocab"]), map: try map(json["normalizer"]))
    } else if folder.has(kind.modelName) {
      source = try model(folder.path(kind.modelName), kind, &settings)
    } else {
      throw TokenizerError.missingFiles(
        folder: folder.folder, tokenizer: kind.title, names: [kind.modelName, "tokenizer.json"])
    }
    if kind == .camembert, folder.tokenizerJSON != nil, !settings.namesExtraTokens {
      for token in ["<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED"] { settings.add(special: ByteString(token)) }
    }
    if kind == .camembert, folder.tokenizerJSON == nil, folder.settings["added_tokens_decoder"].json == nil,
      folder.settings["mask_token"].json?.object == nil
    {
      // The class itself lets a mask token that is only named take the blanks before it.
      settings.stripLeft(of: "mask_token")
    }
    let vocabulary = try UnigramVocabulary(
      path: source.path, entries: source.entries, unknown: try unknown(source, kind, settings, folder))
    let hasPrefix = try folder.flag("add_prefix_space") ?? true
    let prefix: MetaspaceTokenizer.Prefix = hasPrefix ? .always : kind == .debertaV2 ? .first : .never
    let parts = DescribedLoader.Parts(
      normalizers: try normalizers(kind, source, folder), cuts: try cuts(kind, prefix, folder),
      model: ModelReader(
        path: source.path, entries: source.entries.enumerated().map { ($1.piece, Int32($0)) },
        kind: .unigram(vocabulary, byteFallback: false)),
      decoder: [.metaspace(replacement: 0x2581, dropsFirst: prefix != .never)])
    return try DescribedLoader.build(folder, parts, settings, givesTypeIDs: kind == .debertaV2) {
      (special) throws(TokenizerError) in
      let (first, last) = kind == .debertaV2 ? (special.cls, special.sep) : (special.bos, special.eos)
      guard let first, let last else {
        throw .badField(
          path: folder.settings.path, key: kind == .debertaV2 ? "cls_token, sep_token" : "bos_token, eos_token",
          found: "null", expected: "two tokens")
      }
      let template: SpecialTokenTemplate =
        kind == .debertaV2 ? .bert(cls: first, sep: last) : .roberta(cls: first, sep: last)
      try PostProcessor.requireAgreement(template, in: folder)
      return template
    }
  }

  private static func map(_ normalizer: TokenizerField) throws(TokenizerError) -> CharacterMap? {
    for step in try NormalizerReader.steps(normalizer) {
      if case .precompiled(let precompiled) = step { return precompiled.map }
    }
    return nil
  }

  private static func unknown(
    _ source: Source, _ kind: Class, _ settings: SpecialTokenSettings, _ folder: TokenizerFolder
  ) throws(TokenizerError) -> Int {
    let token = settings.roles["unk_token"]
    switch kind {
    case .xlmRoberta: return 3
    case .camembert: return source.entries.firstIndex { $0.piece == token } ?? 0
    case .debertaV2:
      let named = source.entries.firstIndex { $0.piece == token && $0.score == 0 }
      if let named { return named }
      return try folder.settings["unk_id"].optional(JSONKind("a place", \.integer)) ?? source.unknown
    }
  }

  /// Reads a SentencePiece model.
  ///
  /// fairseq, with which XLM-RoBERTa and CamemBERT were trained, numbers the pieces anew: its own special tokens come
  /// first, in place of the model's first ones, and the mask token follows the last piece.
  private static func model(_ path: String, _ kind: Class, _ settings: inout SpecialTokenSettings) throws -> Source {
    let spec = try SentencePieceSpec(try Files.read(path, limit: LoadingLimits.sentencePieceModel), path: path)
    guard spec.algorithm == .unigram, !spec.byteFallback else {
      throw TokenizerError.unsupported(
        path: path, what: "a SentencePiece model that is not unigram, or falls back to bytes",
        advice: "copy tokenizer.json from the checkpoint")
    }
    func role(_ name: String) -> ByteString { settings.roles[name] ?? ByteString(kind.defaults[name] ?? "") }
    let pieces = spec.pieces.map { (piece: ByteString(bytes: $0.text[...]), score: Double($0.score)) }
    for piece in spec.pieces where piece.kind == .control || piece.kind == .userDefined {
      settings.add(special: ByteString(bytes: piece.text[...]))
    }
    var source = Source(path: path, entries: [], map: spec.characterMap)
    switch kind {
    case .debertaV2:
      source.entries = pieces
      source.unknown = spec.pieces.firstIndex { $0.kind == .unknown } ?? 0
    case .xlmRoberta:
      source.entries =
        ["bos_token", "pad_token", "eos_token", "unk_token"].map { (role($0), 0) } + pieces.dropFirst(3)
        + [(role("mask_token"), 0)]
    case .camembert:
      source.entries =
        [
          ("<s>NOTUSED", 0), (role("pad_token"), 0), ("</s>NOTUSED", 0), (role("unk_token"), 0),
          ("<unk>NOTUSED", -100),
        ] + pieces.dropFirst(1) + [(role("mask_token"), 0)]
    }
    return source
  }

  private static func normalizers(
    _ kind: Class, _ source: Source, _ folder: TokenizerFolder
  ) throws(TokenizerError) -> [NormalizingStep] {
    guard kind == .debertaV2 else { return source.map.map { [.precompiled(PrecompiledNormalizer(map: $0))] } ?? [] }
    let blanks = try TextPattern(#"\s{2,}|[\n\r\t]"#, in: folder.settings)
    return (try folder.flag("do_lower_case") ?? false ? [.lowercase] : [])
      + [.replace(.pattern(blanks), [0x20]), .form(.composed), .strip(left: false, right: true)]
  }

  private static func cuts(
    _ kind: Class, _ prefix: MetaspaceTokenizer.Prefix, _ folder: TokenizerFolder
  ) throws(TokenizerError) -> [CuttingStep] {
    let metaspace = CuttingStep.metaspace(replacement: 0x2581, prefix: prefix, splits: true)
    guard kind == .debertaV2 else { return [.characters(.whitespace, .removed), metaspace] }
    return (try folder.flag("split_by_punct") ?? false ? [.characters(.punctuation, .isolated)] : []) + [metaspace]
  }
}
