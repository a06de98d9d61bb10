import Foundation
import Support

/// Builds XLM-RoBERTa's tokenizer from tokenizer.json or sentencepiece.bpe.model, and other unigram tokenizers from
/// tokenizer.json alone.
enum UnigramLoader {
  static let modelName = "sentencepiece.bpe.model"
  /// The special tokens with which XLM-RoBERTa's dictionary begins, in order.
  private static let first: [(role: String, token: String)] = [
    ("bos_token", "<s>"), ("pad_token", "<pad>"), ("eos_token", "</s>"), ("unk_token", "<unk>"),
  ]
  private static let defaults = [
    "bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>", "unk_token": "<unk>",
    "pad_token": "<pad>", "mask_token": "<mask>",
  ]

  private typealias Parts = (vocabulary: UnigramVocabulary, map: CharacterMap?, cuts: UnigramTokenizer.Cuts)

  /// - Parameter named: whether the folder's class is XLM-RoBERTa's, which brings its own cuts and special tokens.
  static func load(_ folder: TokenizerFolder, named: Bool) throws -> UnigramTokenizer {
    let settings = try SpecialTokenSettings(folder, defaults: named ? defaults : [:])
    var parts: Parts
    if let json = folder.tokenizerJSON {
      parts = try read(json)
    } else if named, folder.has(modelName) {
      parts = try readModel(folder.path(modelName), settings)
    } else {
      throw TokenizerError.missingFiles(
        folder: folder.folder, tokenizer: "the XLM-RoBERTa tokenizer", names: [modelName, "tokenizer.json"])
    }
    if named {
      let prefix = try folder.flag("add_prefix_space") ?? true
      parts.cuts = .init(atWhiteSpace: true, prefix: prefix ? .always : .never, atBlanks: true)
    }
    let (added, special) = settings.resolve(vocabularySize: parts.vocabulary.largestID + 1) { parts.vocabulary.id($0) }
    var template = try PostProcessor.template(folder) ?? .plain
    if named {
      guard let bos = special.bos, let eos = special.eos else {
        throw TokenizerError.badField(
          path: folder.settings.path, key: "bos_token, eos_token", found: "null", expected: "two tokens")
      }
      template = .roberta(cls: bos, sep: eos)
      try PostProcessor.requireAgreement(template, in: folder)
    }
    return UnigramTokenizer(
      vocabulary: parts.vocabulary, normalizer: PrecompiledNormalizer(map: parts.map), cuts: parts.cuts, added: added,
      special: special, template: template, givesTypeIDs: try folder.givesTypeIDs(false))
  }

  /// Reads a SentencePiece model, and numbers its pieces as fairseq does.
  ///
  /// Four special tokens of fairseq replace the model's first three pieces, and the mask token follows the last piece.
  private static func readModel(_ path: String, _ settings: SpecialTokenSettings) throws -> Parts {
    let spec = try SentencePieceSpec(try Files.read(path, limit: LoadingLimits.sentencePieceModel), path: path)
    guard spec.algorithm == .unigram, !spec.byteFallback else {
      throw TokenizerError.unsupported(
        path: path, what: "a SentencePiece model that is not unigram, or falls back to bytes",
        advice: "copy tokenizer.json from the checkpoint")
    }
    var entries = first.map { (piece: settings.roles[$0.role] ?? ByteString($0.token), score: 0.0) }
    entries += spec.pieces.dropFirst(3).map { (ByteString(bytes: $0.text[...]), Double($0.score)) }
    entries.append((settings.roles["mask_token"] ?? "<mask>", 0))
    return (
      try UnigramVocabulary(path: path, entries: entries, unknown: 3), spec.characterMap,
      .init(atWhiteSpace: true, prefix: .always, atBlanks: true)
    )
  }

  private static func read(_ json: TokenizerField) throws(TokenizerError) -> Parts {
    let model = json["model"]
    try model.require(type: "Unigram")
    try model.refuse(otherThan: ["type", "vocab", "unk_id"])
    let entry = JSONKind<(piece: ByteString, score: Double)>("[piece, score]") { json in
      guard let pair = json.array, pair.count == 2, let piece = pair[0].bytes, let score = pair[1].double,
        score.isFinite
      else { return nil }
      return (piece, score)
    }
    let list = "an array of pieces with scores"
    let entries = try model["vocab"].items(entry, list)
    guard !entries.isEmpty else { throw model["vocab"].fault(list) }
    let unknown = try model["unk_id"].required(JSONKind("the place of the unknown piece", \.integer))
    return (
      try UnigramVocabulary(path: json.path, entries: entries, unknown: unknown), try characterMap(json),
      try cuts(json)
    )
  }

  private static func characterMap(_ json: TokenizerField) throws(TokenizerError) -> CharacterMap? {
    var map: CharacterMap?
    for part in try json["normalizer"].sequence(of: "normalizers") {
      guard part.type == "Precompiled", map == nil else {
        throw part.unsupported(
          part.type ?? part.found, advice: "a unigram model is supported with one Precompiled or none")
      }
      try part.refuse(otherThan: ["type", "precompiled_charsmap"])
      let base64 = JSONKind("a character map in base64") { json in json.string.flatMap { Data(base64Encoded: $0) } }
      let bytes = try part["precompiled_charsmap"].required(base64)
      do throws(ProtobufReader.Fault) { map = bytes.isEmpty ? nil : try CharacterMap(Array(bytes)[...]) } catch {
        throw .brokenModel(path: part.path, reason: "\(part.key): \(error.reason)")
      }
    }
    return map
  }

  private static func cuts(_ json: TokenizerField) throws(TokenizerError) -> UnigramTokenizer.Cuts {
    var parts = try json["pre_tokenizer"].sequence(of: "pretokenizers")[...]
    let atWhiteSpace = parts.first?.type == "WhitespaceSplit"
    if atWhiteSpace { parts = parts.dropFirst() }
    guard let metaspace = parts.first, parts.count == 1, metaspace.type == "Metaspace" else {
      throw .unsupported(
        path: json.path, what: "pre_tokenizer \(parts.map { $0.type ?? "null" }.joined(separator: ", "))",
        advice: "expected Metaspace, or WhitespaceSplit and Metaspace")
    }
    try metaspace.refuse(
      otherThan: ["type", "replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep"])
    guard metaspace["replacement"].json?.string ?? "▁" == "▁" else { throw metaspace["replacement"].fault("▁") }
    let scheme = metaspace["prepend_scheme"]
    let known = JSONKind("always, first or never") { $0.string.flatMap(MetaspaceTokenizer.Prefix.init) }
    let prefix = try scheme.optional(known) ?? .always
    // Files written before 2024 have add_prefix_space instead of prepend_scheme.
    let isOld = scheme.json == nil
    return .init(
      atWhiteSpace: atWhiteSpace,
      prefix: isOld && metaspace["add_prefix_space"].json == .bool(false) ? .never : prefix,
      atBlanks: try metaspace["split"].optional(.flag) ?? true)
  }
}
