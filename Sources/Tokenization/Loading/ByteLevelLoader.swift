import Support

/// Builds the byte-level tokenizers: GPT-2's or RoBERTa's from vocab.json and merges.txt or from tokenizer.json, and any that
/// tokenizer.json describes in whole (LLaMA 3).
enum ByteLevelLoader {
  private static let gpt2 = [
    "unk_token": "<|endoftext|>", "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>",
  ]
  private static let roberta = [
    "bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>", "unk_token": "<unk>",
    "pad_token": "<pad>", "mask_token": "<mask>",
  ]

  /// - Parameter asWritten: whether tokenizer.json counts in whole, and not only its vocabulary.
  static func load(
    _ folder: TokenizerFolder, roberta isRoberta: Bool, asWritten: Bool
  ) throws -> ByteLevelTokenizer {
    let own = asWritten ? folder.tokenizerJSON : nil
    let vocabulary = try vocabulary(folder, isRoberta: isRoberta, onlyJSON: own != nil)
    let defaults = own != nil ? [:] : isRoberta ? roberta : gpt2
    let settings = try SpecialTokenSettings(folder, defaults: defaults)
    let (added, special) = settings.resolve(vocabularySize: vocabulary.largestID + 1) { vocabulary.id($0) }
    var prefix = try folder.flag("add_prefix_space") ?? false
    var pattern = WordPattern.gpt2
    if let own { (pattern, prefix) = try words(own, folder.jsonPath) }
    var template: SpecialTokenTemplate
    var trimming = try PostProcessor.trimming(folder)
    if isRoberta, own == nil {
      guard let cls = special.cls, let sep = special.sep else {
        throw TokenizerError.badField(
          path: folder.settingsPath, key: "cls_token, sep_token", found: "null", expected: "two tokens")
      }
      template = .roberta(cls: cls, sep: sep)
      trimming = try folder.flag("trim_offsets") ?? true ? OffsetTrimming(addsPrefixSpace: prefix) : nil
    } else {
      let bos = try folder.flag("add_bos_token")
      let eos = try folder.flag("add_eos_token")
      if bos == nil, eos == nil {
        template = try PostProcessor.template(folder) ?? .plain
      } else {
        template = .boundaries(bos: bos == true ? special.bos : nil, eos: eos == true ? special.eos : nil)
        trimming = nil
      }
    }
    return ByteLevelTokenizer(
      vocabulary: vocabulary, pattern: pattern, addsPrefixSpace: prefix, trimsOffsets: trimming, added: added,
      special: special, template: template, givesTypeIDs: try folder.givesTypeIDs(false))
  }

  private static func vocabulary(
    _ folder: TokenizerFolder, isRoberta: Bool, onlyJSON: Bool
  ) throws -> ByteLevelVocabulary {
    let (vocab, merges) = (folder.path("vocab.json"), folder.path("merges.txt"))
    if !onlyJSON, folder.has("vocab.json"), folder.has("merges.txt") {
      let json = try TokenizerFolder.parse(vocab, limit: LoadingLimits.vocabulary)
      return try ByteLevelVocabulary(
        path: vocab, entries: VocabularyReader.entries(json, path: vocab, key: "(top)"), mergesPath: merges,
        merges: MergesReader.read(merges))
    }
    guard let model = folder.tokenizerJSON?["model"] else {
      let name = isRoberta ? "the RoBERTa tokenizer" : "the GPT-2 tokenizer"
      let missing = ["vocab.json", "merges.txt"].filter { !folder.has($0) }.joined(separator: " and ")
      throw TokenizerError.missingFiles(folder: folder.folder, tokenizer: name, names: [missing, "tokenizer.json"])
    }
    try check(model, folder.jsonPath, asWritten: onlyJSON)
    return try ByteLevelVocabulary(
      path: folder.jsonPath,
      entries: VocabularyReader.entries(model["vocab"], path: folder.jsonPath, key: "model.vocab"),
      mergesPath: folder.jsonPath, merges: MergesReader.merges(model["merges"], path: folder.jsonPath),
      ignoresMerges: onlyJSON && model["ignore_merges"] == .bool(true))
  }

  /// Refuses variants of BPE that this tokenizer does not do.
  private static func check(_ model: JSON, _ path: String, asWritten: Bool) throws(TokenizerError) {
    if let type = model["type"], type.string != "BPE" {
      throw .badField(path: path, key: "model.type", found: type.summary, expected: "BPE")
    }
    for key in ["dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback", "ignore_merges"] {
      guard let value = model[key], !value.isNull, value != .bool(false), value.bytes?.bytes.isEmpty != true else {
        continue
      }
      if key == "ignore_merges", asWritten, value == .bool(true) { continue }
      throw .unsupported(path: path, what: "model.\(key) \(value.summary)", advice: "expected GPT-2's byte-level BPE")
    }
  }

  /// How a tokenizer.json cuts text into words, and whether it puts a blank before it: `ByteLevel` with GPT-2's pattern, or
  /// a `Split` by a known pattern and `ByteLevel` without one.
  private static func words(_ json: JSON, _ path: String) throws(TokenizerError) -> (WordPattern, prefix: Bool) {
    if let normalizer = json["normalizer"], !normalizer.isNull {
      throw .unsupported(
        path: path, what: "normalizer \(normalizer["type"]?.summary ?? "")",
        advice: "byte-level BPE is supported without one")
    }
    let whole = json["pre_tokenizer"]
    var parts = whole.map { [$0] } ?? []
    if whole?["type"]?.string == "Sequence" { parts = whole?["pretokenizers"]?.array ?? [] }
    var pattern: WordPattern?
    var bytes: JSON?
    for part in parts {
      let type = part["type"]?.string
      if type == "Split", pattern == nil, bytes == nil, part["behavior"]?.string == "Isolated",
        part["invert"]?.bool != true, let expression = part["pattern"]?["Regex"]?.string
      {
        guard let known = WordPattern(expression: expression) else {
          throw .unsupported(
            path: path, what: "pre_tokenizer pattern \(part["pattern"]?["Regex"]?.summary ?? "")",
            advice: "supported are the patterns of GPT-2 and LLaMA 3")
        }
        pattern = known
      } else if type == "ByteLevel", bytes == nil, part["use_regex"]?.bool ?? true == (pattern == nil) {
        bytes = part
      } else {
        bytes = nil
        break
      }
    }
    let prefix = bytes?["add_prefix_space"]?.bool ?? true
    guard bytes != nil, pattern == nil || !prefix else {
      throw .unsupported(
        path: path, what: "pre_tokenizer \(parts.map { $0["type"]?.string ?? "null" }.joined(separator: ", "))",
        advice: "expected ByteLevel with GPT-2's pattern, or Split by a known pattern and ByteLevel without one")
    }
    return (pattern ?? .gpt2, prefix)
  }
}
