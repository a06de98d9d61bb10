import Support

/// Builds GPT-2's or RoBERTa's tokenizer from vocab.json and merges.txt, or from tokenizer.json.
enum ByteLevelLoader {
  private static let gpt2 = [
    "unk_token": "<|endoftext|>", "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>",
  ]
  private static let roberta = [
    "bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>", "unk_token": "<unk>",
    "pad_token": "<pad>", "mask_token": "<mask>",
  ]

  static func load(_ folder: TokenizerFolder, roberta isRoberta: Bool) throws -> ByteLevelTokenizer {
    let own = try folder.declaredClass() == .asTokenizerJSON ? folder.tokenizerJSON : nil
    let vocabulary = try vocabulary(folder, isRoberta: isRoberta, onlyJSON: own != nil)
    let defaults = own != nil ? [:] : isRoberta ? roberta : gpt2
    let settings = try SpecialTokenSettings(folder, defaults: defaults)
    let (added, special) = settings.resolve(vocabularySize: vocabulary.largestID + 1) { vocabulary.id($0) }
    var prefix = try folder.flag("add_prefix_space") ?? false
    if let own { prefix = try prefixSpace(own, folder.jsonPath) }
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
      vocabulary: vocabulary, addsPrefixSpace: prefix, trimsOffsets: trimming, added: added, special: special,
      template: template, givesTypeIDs: try folder.givesTypeIDs(false))
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
    try check(model, folder.jsonPath)
    return try ByteLevelVocabulary(
      path: folder.jsonPath,
      entries: VocabularyReader.entries(model["vocab"], path: folder.jsonPath, key: "model.vocab"),
      mergesPath: folder.jsonPath, merges: MergesReader.merges(model["merges"], path: folder.jsonPath))
  }

  /// Refuses variants of BPE that this tokenizer does not do.
  private static func check(_ model: JSON, _ path: String) throws(TokenizerError) {
    if let type = model["type"], type.string != "BPE" {
      throw .badField(path: path, key: "model.type", found: type.summary, expected: "BPE")
    }
    for key in ["dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback", "ignore_merges"] {
      guard let value = model[key], !value.isNull, value != .bool(false), value.bytes?.bytes.isEmpty != true else {
        continue
      }
      throw .unsupported(path: path, what: "model.\(key) \(value.summary)", advice: "expected GPT-2's byte-level BPE")
    }
  }

  /// The blank before the text, from a tokenizer.json whose pre-tokenizer must be GPT-2's.
  private static func prefixSpace(_ json: JSON, _ path: String) throws(TokenizerError) -> Bool {
    if let normalizer = json["normalizer"], !normalizer.isNull {
      throw .unsupported(
        path: path, what: "normalizer \(normalizer["type"]?.summary ?? "")", advice: "byte-level BPE has none")
    }
    let splitter = json["pre_tokenizer"]
    guard splitter?["type"]?.string == "ByteLevel", splitter?["use_regex"]?.bool ?? true else {
      throw .unsupported(
        path: path, what: "pre_tokenizer \(splitter?["type"]?.summary ?? "null")",
        advice: "expected ByteLevel with GPT-2's pattern")
    }
    return splitter?["add_prefix_space"]?.bool ?? true
  }
}
