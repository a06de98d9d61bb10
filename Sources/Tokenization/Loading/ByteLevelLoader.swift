import Support

/// Builds byte-level tokenizers.
///
/// GPT-2's and RoBERTa's are read from vocab.json and merges.txt, or from tokenizer.json. Others, such as LLaMA 3's,
/// are read from tokenizer.json alone.
enum ByteLevelLoader {
  private static let gpt2 = [
    "unk_token": "<|endoftext|>", "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>",
  ]
  private static let roberta = [
    "bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>", "unk_token": "<unk>",
    "pad_token": "<pad>", "mask_token": "<mask>",
  ]

  /// - Parameters:
  ///   - isRoberta: whether RoBERTa's roles and template are the defaults, instead of GPT-2's.
  ///   - isGeneric: whether the folder's class follows tokenizer.json, as PreTrainedTokenizerFast does, and brings no
  ///     roles or template of its own.
  /// - Throws: ``TokenizerError`` or `FileError` when a file is missing or malformed, or has an unsupported part.
  static func load(_ folder: TokenizerFolder, roberta isRoberta: Bool, generic isGeneric: Bool) throws
    -> ByteLevelTokenizer
  {
    let own = try asWritten(folder, generic: isGeneric)
    let vocabulary = try vocabulary(folder, isRoberta: isRoberta, onlyJSON: own != nil)
    let settings = try SpecialTokenSettings(
      folder, defaults: isGeneric && own != nil ? [:] : isRoberta ? roberta : gpt2)
    let (added, special) = settings.resolve(vocabularySize: vocabulary.largestID + 1) { vocabulary.id($0) }
    let cuts =
      try own.map { try cutting($0) }
      ?? WordCuts(addsPrefixSpace: folder.flag("add_prefix_space") ?? false, pattern: .gpt2)
    var template: SpecialTokenTemplate
    var trimming = try PostProcessor.trimming(folder)
    if isRoberta, !isGeneric || own == nil {
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

  /// tokenizer.json, if the tokenizer must follow all of it; `nil` if only its vocabulary and merges are used.
  ///
  /// All of it is followed under a generic class, and where it has parts that a named class, rebuilt from vocabulary
  /// and merges, would lose. For example, SmolLM's folders name GPT2Tokenizer, which does not split digits as their
  /// tokenizer.json does.
  private static func asWritten(_ folder: TokenizerFolder, generic: Bool) throws(TokenizerError) -> TokenizerField? {
    guard let json = folder.tokenizerJSON else { return nil }
    if generic { return json }
    func isSet(_ field: TokenizerField) -> Bool { !field.isAbsent && field.json != .bool(false) }
    let splitter = json["pre_tokenizer"]
    let isPlain =
      !isSet(json["normalizer"]) && !isSet(json["model"]["ignore_merges"])
      && (!isSet(splitter) || splitter.type == "ByteLevel" && splitter["use_regex"].json != .bool(false))
    return isPlain ? nil : json
  }

  private static func vocabulary(
    _ folder: TokenizerFolder, isRoberta: Bool, onlyJSON: Bool
  ) throws -> ByteLevelVocabulary {
    let (vocab, merges) = (folder.path("vocab.json"), folder.path("merges.txt"))
    if !onlyJSON, folder.has("vocab.json"), folder.has("merges.txt") {
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
      otherThan: ["type", "vocab", "merges", "unk_token", "fuse_unk", "ignore_merges"],
      advice: "expected GPT-2's byte-level BPE")
    // A named class, rebuilt from the vocabulary and merges, does not use the file's unknown token.
    return try ByteLevelVocabulary(
      path: folder.jsonPath,
      entries: VocabularyReader.entries(model["vocab"]), mergesPath: folder.jsonPath,
      merges: MergesReader.merges(model["merges"]),
      ignoresMerges: onlyJSON && model["ignore_merges"].optional(.flag) ?? false,
      unknownToken: onlyJSON ? model["unk_token"].optional(.bytes) : nil,
      fusesUnknown: model["fuse_unk"].optional(.flag) ?? false)
  }

  /// Reads how tokenizer.json cuts text into words.
  ///
  /// The pre-tokenizer must end with `ByteLevel`; before it, `Digits` and `Split` with a known pattern are supported.
  private static func cutting(_ json: TokenizerField) throws(TokenizerError) -> WordCuts {
    let normalizer = json["normalizer"]
    guard normalizer.isAbsent else {
      throw .unsupported(
        path: json.path, what: "normalizer \((normalizer["type"].json ?? normalizer.json)?.summary ?? "")",
        advice: "byte-level BPE is supported without one")
    }
    var stages: [WordCuts.Stage] = []
    let parts = try json["pre_tokenizer"].sequence(of: "pretokenizers")
    for part in parts.dropLast() { stages.append(try stage(part)) }
    guard let bytes = parts.last, bytes.type == "ByteLevel" else {
      throw .unsupported(
        path: json.path, what: "pre_tokenizer \(parts.map { $0.type ?? "null" }.joined(separator: ", "))",
        advice: "expected ByteLevel as its last part, which turns text into bytes")
    }
    try bytes.refuse(otherThan: ["type", "add_prefix_space", "trim_offsets", "use_regex"])
    return WordCuts(
      stages: stages, addsPrefixSpace: try bytes["add_prefix_space"].optional(.flag) ?? true,
      pattern: try bytes["use_regex"].optional(.flag) ?? true ? .gpt2 : nil)
  }

  private static func stage(_ part: TokenizerField) throws(TokenizerError) -> WordCuts.Stage {
    switch part.type {
    case "Digits":
      try part.refuse(otherThan: ["type", "individual_digits"])
      return .digits(individual: try part["individual_digits"].optional(.flag) ?? false)
    case "Split":
      try part.refuse(otherThan: ["type", "pattern", "behavior", "invert"])
      guard part["behavior"].json?.string == "Isolated", try part["invert"].optional(.flag) != true else {
        throw part.unsupported(
          "Split with behavior \(part["behavior"].found) and invert "
            + "\(part["invert"].json?.summary ?? "false")", advice: "expected behavior Isolated, not inverted")
      }
      guard let expression = part["pattern"]["Regex"].json?.string, let pattern = WordPattern(expression: expression)
      else {
        throw part.unsupported(
          "the pattern \((part["pattern"]["Regex"].json ?? part["pattern"].json)?.summary ?? "nothing")",
          advice: "supported are the patterns of GPT-2 and LLaMA 3")
      }
      return .pattern(pattern)
    default:
      throw part.unsupported(
        "\(part.type ?? "a part without type") before bytes are taken", advice: "supported are Digits and Split")
    }
  }
}
