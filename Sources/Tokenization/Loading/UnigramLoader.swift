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
      parts = try read(json, folder.jsonPath)
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
          path: folder.settingsPath, key: "bos_token, eos_token", found: "null", expected: "two tokens")
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

  private static func read(_ json: JSON, _ path: String) throws(TokenizerError) -> Parts {
    let model = TokenizerPart(json["model"] ?? .null, path: path, key: "model")
    try model.require(type: "Unigram")
    try model.refuse(otherThan: ["type", "vocab", "unk_id"])
    guard let items = model.value["vocab"]?.array, !items.isEmpty else {
      throw model.bad("vocab", model.value["vocab"], "an array of pieces with scores")
    }
    var entries: [(piece: ByteString, score: Double)] = []
    entries.reserveCapacity(items.count)
    for (index, item) in items.enumerated() {
      guard let pair = item.array, pair.count == 2, let piece = pair[0].bytes, let score = pair[1].double,
        score.isFinite
      else { throw model.bad("vocab[\(index)]", item, "[piece, score]") }
      entries.append((piece, score))
    }
    guard let unknown = model.value["unk_id"]?.integer else {
      throw model.bad("unk_id", model.value["unk_id"], "the place of the unknown piece")
    }
    return (
      try UnigramVocabulary(path: path, entries: entries, unknown: unknown), try characterMap(json, path),
      try cuts(json, path)
    )
  }

  private static func characterMap(_ json: JSON, _ path: String) throws(TokenizerError) -> CharacterMap? {
    var map: CharacterMap?
    for part in try TokenizerPart.sequence(json["normalizer"], path: path, key: "normalizer", of: "normalizers") {
      guard part.type == "Precompiled", map == nil else {
        throw part.unsupported(
          part.type ?? part.value.summary, advice: "a unigram model is supported with one Precompiled or none")
      }
      try part.refuse(otherThan: ["type", "precompiled_charsmap"])
      guard let text = part.value["precompiled_charsmap"]?.string, let bytes = Data(base64Encoded: text) else {
        throw part.bad("precompiled_charsmap", part.value["precompiled_charsmap"], "a character map in base64")
      }
      do throws(ProtobufReader.Fault) { map = bytes.isEmpty ? nil : try CharacterMap(Array(bytes)[...]) } catch {
        throw .brokenModel(path: path, reason: "\(part.key): \(error.reason)")
      }
    }
    return map
  }

  private static func cuts(_ json: JSON, _ path: String) throws(TokenizerError) -> UnigramTokenizer.Cuts {
    var parts = try TokenizerPart.sequence(
      json["pre_tokenizer"], path: path, key: "pre_tokenizer", of: "pretokenizers")[...]
    let atWhiteSpace = parts.first?.type == "WhitespaceSplit"
    if atWhiteSpace { parts = parts.dropFirst() }
    guard let metaspace = parts.first, parts.count == 1, metaspace.type == "Metaspace" else {
      throw .unsupported(
        path: path, what: "pre_tokenizer \(parts.map { $0.type ?? "null" }.joined(separator: ", "))",
        advice: "expected Metaspace, or WhitespaceSplit and Metaspace")
    }
    try metaspace.refuse(
      otherThan: ["type", "replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep"])
    guard metaspace.value["replacement"]?.string ?? "▁" == "▁" else {
      throw metaspace.bad("replacement", metaspace.value["replacement"], "▁")
    }
    let scheme = try metaspace.text("prepend_scheme")?.description ?? "always"
    guard let prefix = MetaspaceTokenizer.Prefix(rawValue: scheme) else {
      throw metaspace.bad("prepend_scheme", metaspace.value["prepend_scheme"], "always, first or never")
    }
    // Files written before 2024 have add_prefix_space instead of prepend_scheme.
    let isOld = metaspace.value["prepend_scheme"] == nil
    return .init(
      atWhiteSpace: atWhiteSpace,
      prefix: isOld && metaspace.value["add_prefix_space"] == .bool(false) ? .never : prefix,
      atBlanks: try metaspace.flag("split") ?? true)
  }
}
