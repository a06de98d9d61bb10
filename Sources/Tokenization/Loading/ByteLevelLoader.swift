import Support

/// Builds GPT-2's and RoBERTa's tokenizers from vocab.json and merges.txt, or from tokenizer.json.
enum ByteLevelLoader {
  private static let gpt2 = [
    "unk_token": "<|endoftext|>", "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>",
  ]
  private static let roberta = [
    "bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>", "unk_token": "<unk>",
    "pad_token": "<pad>", "mask_token": "<mask>",
  ]

  /// - Parameter isRoberta: whether the class is RoBERTa's, instead of GPT-2's.
  /// - Throws: ``TokenizerError`` or `FileError` when a file is missing or malformed, or has an unsupported part.
  static func load(_ folder: TokenizerFolder, roberta isRoberta: Bool) throws -> any Tokenizer {
    if let json = asWritten(folder) {
      return try DescribedLoader.load(folder, json, defaults: isRoberta ? roberta : gpt2)
    }
    let vocabulary = try vocabulary(folder, isRoberta: isRoberta)
    let settings = try SpecialTokenSettings(folder, defaults: isRoberta ? roberta : gpt2)
    let (added, special) = settings.resolve(vocabularySize: vocabulary.largestID + 1) { vocabulary.id($0) }
    let cuts = WordCuts(addsPrefixSpace: try folder.flag("add_prefix_space") ?? false, pattern: .gpt2)
    var template: SpecialTokenTemplate
    var trimming = PostProcessor.trimming(folder.tokenizerJSON?["post_processor"])
    if isRoberta {
      guard let cls = special.cls, let sep = special.sep else {
        throw TokenizerError.badField(
          path: folder.settings.path, key: "cls_token, sep_token", found: "null", expected: "two tokens")
      }
      template = .roberta(cls: cls, sep: sep)
      try PostProcessor.requireAgreement(template, in: folder)
      trimming = try folder.flag("trim_offsets") ?? true ? OffsetTrimming(addsPrefixSpace: cuts.addsPrefixSpace) : nil
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
      vocabulary: vocabulary, cuts: cuts, trimsOffsets: trimming, added: added, special: special, template: template,
      givesTypeIDs: try folder.givesTypeIDs(false))
  }

  /// tokenizer.json, if it has parts that the class, rebuilt from vocabulary and merges, would lose; it is then followed
  /// in whole.
  ///
  /// For example, SmolLM's folders name GPT2Tokenizer, which does not split digits as their tokenizer.json does.
  private static func asWritten(_ folder: TokenizerFolder) -> TokenizerField? {
    guard let json = folder.tokenizerJSON else { return nil }
    func isSet(_ field: TokenizerField) -> Bool { !field.isAbsent && field.json != .bool(false) }
    let splitter = json["pre_tokenizer"]
    let isPlain =
      !isSet(json["normalizer"]) && !isSet(json["model"]["ignore_merges"])
      && (!isSet(splitter) || splitter.type == "ByteLevel" && splitter["use_regex"].json != .bool(false))
    return isPlain ? nil : json
  }

  private static func vocabulary(_ folder: TokenizerFolder, isRoberta: Bool) throws -> ByteLevelVocabulary {
    let (vocab, merges) = (folder.path("vocab.json"), folder.path("merges.txt"))
    if folder.has("vocab.json"), folder.has("merges.txt") {
      return try ByteLevelVocabulary(
        path: vocab, entries: VocabularyReader.entries(.init(file: vocab, limit: LoadingLimits.vocabulary)),
        mergesPath: merges, merges: MergesReader.read(merges))
    }
    guard let model = folder.tokenizerJSON?["model"], model.json != nil else {
      let name = isRoberta ? "the RoBERTa tokenizer" : "the GPT-2 tokenizer"
      let missing = ["vocab.json", "merges.txt"].filter { !folder.has($0) }.joined(separator: " and ")
      throw TokenizerError.missingFiles(folder: folder.folder, tokenizer: name, names: [missing, "tokenizer.json"])
    }
    try model.require(type: "BPE")
    try model.refuse(
      otherThan: ["type", "vocab", "merges", "unk_token", "fuse_unk"], advice: "expected GPT-2's byte-level BPE")
    // The class, rebuilt from the vocabulary and merges, does not use the file's unknown token.
    return try ByteLevelVocabulary(
      path: folder.jsonPath, entries: VocabularyReader.entries(model["vocab"]), mergesPath: folder.jsonPath,
      merges: MergesReader.merges(model["merges"]), fusesUnknown: model["fuse_unk"].optional(.flag) ?? false)
  }
}
