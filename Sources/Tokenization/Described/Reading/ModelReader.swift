import Support

/// The `model` of tokenizer.json, before the way in which it is applied is chosen.
struct ModelReader {
  enum Kind {
    case pairs(merges: [MergesReader.Merge], CharacterPairs.Options)
    case unigram(UnigramVocabulary, byteFallback: Bool)
    case wordPiece(WordPieceVocabulary, unknown: Int32, maximumLength: Int)
    case wordLevel(unknown: Int32)
  }

  let path: String
  /// All entries with their ids.
  let entries: [(ByteString, Int32)]
  let kind: Kind

  init(path: String, entries: [(ByteString, Int32)], kind: Kind) {
    (self.path, self.entries, self.kind) = (path, entries, kind)
  }

  /// - Throws: ``TokenizerError`` for a model that is malformed or that has a part that is not known.
  init(_ model: TokenizerField) throws(TokenizerError) {
    path = model.path
    // Files written before 2020 have no type.
    switch model.type ?? (model["merges"].json == nil ? "" : "BPE") {
    case "WordPiece":
      try model.refuse(
        otherThan: ["type", "vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word"])
      entries = try VocabularyReader.entries(model["vocab"])
      let prefix = try model["continuing_subword_prefix"].optional(.bytes) ?? "##"
      let vocabulary = try WordPieceVocabulary(path: path, entries: entries, prefix: prefix.bytes)
      kind = .wordPiece(
        vocabulary, unknown: try ModelReader.unknown(model, "[UNK]") { vocabulary.id($0) },
        maximumLength: try model["max_input_chars_per_word"].optional(.integer(in: 0...1 << 20)) ?? 100)
    case "WordLevel":
      try model.refuse(otherThan: ["type", "vocab", "unk_token"])
      let entries = try VocabularyReader.entries(model["vocab"])
      self.entries = entries
      kind = .wordLevel(
        unknown: try ModelReader.unknown(model, "<unk>") { name in entries.last { $0.0 == name }?.1 })
    case "Unigram":
      try model.refuse(otherThan: ["type", "vocab", "unk_id", "byte_fallback"])
      let pieces = try ModelReader.pieces(model["vocab"])
      entries = pieces.enumerated().map { ($1.piece, Int32($0)) }
      let unknown = try model["unk_id"].required(JSONKind("the place of the unknown piece", \.integer))
      kind = .unigram(
        try UnigramVocabulary(path: path, entries: pieces, unknown: unknown),
        byteFallback: try model["byte_fallback"].optional(.flag) ?? false)
    case "BPE":
      entries = try VocabularyReader.entries(model["vocab"])
      kind = .pairs(merges: try MergesReader.merges(model["merges"]), try ModelReader.options(model))
    default: throw model["type"].fault("BPE, Unigram, WordPiece or WordLevel")
    }
  }

  private static func options(_ model: TokenizerField) throws(TokenizerError) -> CharacterPairs.Options {
    try model.refuse(
      otherThan: [
        "type", "vocab", "merges", "unk_token", "fuse_unk", "byte_fallback", "ignore_merges",
        "continuing_subword_prefix", "end_of_word_suffix", "dropout",
      ])
    let dropout = model["dropout"]
    guard dropout.isAbsent || dropout.json?.double == 0 else {
      throw dropout.unsupported("\(dropout.found), merges that are left out at random", advice: "set it to null")
    }
    var options = CharacterPairs.Options()
    options.unknown = try model["unk_token"].optional(.bytes)
    options.fusesUnknown = try model["fuse_unk"].optional(.flag) ?? false
    options.byteFallback = try model["byte_fallback"].optional(.flag) ?? false
    options.ignoresMerges = try model["ignore_merges"].optional(.flag) ?? false
    options.prefix = try model["continuing_subword_prefix"].optional(.bytes) ?? ByteString(bytes: [])
    options.suffix = try model["end_of_word_suffix"].optional(.bytes) ?? ByteString(bytes: [])
    return options
  }

  private static func unknown(
    _ model: TokenizerField, _ standard: ByteString, _ id: (ByteString) -> Int32?
  ) throws(TokenizerError) -> Int32 {
    let token = try model["unk_token"].optional(.bytes) ?? standard
    guard let found = id(token) else {
      throw .missingToken(path: model.path, token: token.description, role: "unknown")
    }
    return found
  }

  static func pieces(_ field: TokenizerField) throws(TokenizerError) -> [(piece: ByteString, score: Double)] {
    let entry = JSONKind<(piece: ByteString, score: Double)>("[piece, score]") { json in
      guard let pair = json.array, pair.count == 2, let piece = pair[0].bytes, let score = pair[1].double,
        score.isFinite
      else { return nil }
      return (piece, score)
    }
    let list = "an array of pieces with scores"
    let entries = try field.items(entry, list)
    guard !entries.isEmpty else { throw field.fault(list) }
    return entries
  }
}
