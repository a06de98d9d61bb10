import Support

/// The classes that put their own parts around the entries and merges of a BPE model.
///
/// Each is written as the tokenizer.json that transformers builds in its place.
/// Source: `Qwen2Tokenizer`, `GPTNeoXTokenizer` and `GemmaTokenizer` of transformers 5.
enum BytePairClasses {
  enum Class { case qwen2, gptNeoX, gemma }

  static func load(_ folder: TokenizerFolder, _ kind: Class) throws -> any Tokenizer {
    let prefix = try folder.flag("add_prefix_space") ?? false
    var whole = JSONObject(try parts(kind, prefix: prefix))
    let source = try source(folder, kind)
    whole["model"] = .object(JSONObject(model(kind, source.vocabulary, source.merges)))
    // GPT-NeoX's class sets its own post_processor, the others keep the file's.
    if kind != .gptNeoX { whole["post_processor"] = folder.tokenizerJSON?["post_processor"].json }
    let json = TokenizerField(.object(whole), path: source.path)
    let settings = try SpecialTokenSettings(folder, defaults: defaults(kind))
    return try DescribedLoader.build(folder, try DescribedLoader.Parts(json), settings, givesTypeIDs: false) {
      (special) throws(TokenizerError) in
      // Where there is a tokenizer.json, transformers takes no notice of add_bos_token and add_eos_token.
      guard folder.tokenizerJSON == nil else { return nil }
      let bos = try folder.flag("add_bos_token") == true ? special.bos : nil
      return .boundaries(bos: bos, eos: try folder.flag("add_eos_token") == true ? special.eos : nil)
    }
  }

  private static func source(
    _ folder: TokenizerFolder, _ kind: Class
  ) throws -> (path: String, vocabulary: JSON?, merges: JSON?) {
    if let json = folder.tokenizerJSON {
      try json["model"].require(type: "BPE")
      return (json.path, json["model"]["vocab"].json, json["model"]["merges"].json)
    }
    let (vocab, merges) = (folder.path("vocab.json"), folder.path("merges.txt"))
    guard kind != .gemma, folder.has("vocab.json"), folder.has("merges.txt") else {
      throw TokenizerError.missingFiles(
        folder: folder.folder, tokenizer: "the tokenizer",
        names: kind == .gemma ? ["tokenizer.json"] : ["vocab.json and merges.txt", "tokenizer.json"])
    }
    let pairs = try MergesReader.read(merges).map { JSON.array([.string($0.left), .string($0.right)]) }
    return (vocab, try TokenizerField(file: vocab, limit: LoadingLimits.vocabulary).json, .array(pairs))
  }

  private static func model(_ kind: Class, _ vocabulary: JSON?, _ merges: JSON?) -> [JSONObject.Member] {
    var members: [JSONObject.Member] = [
      .init("type", .text("BPE")), .init("vocab", vocabulary ?? .null), .init("merges", merges ?? .null),
    ]
    if kind == .gemma {
      members += [
        .init("byte_fallback", .bool(true)), .init("fuse_unk", .bool(true)), .init("unk_token", .text("<unk>")),
      ]
    }
    return members
  }

  private static func defaults(_ kind: Class) -> [String: String] {
    let end = "<|endoftext|>"
    return switch kind {
    case .qwen2: ["unk_token": end, "eos_token": end, "pad_token": end]
    case .gptNeoX: ["unk_token": end, "bos_token": end, "eos_token": end, "pad_token": "<|padding|>"]
    case .gemma:
      ["unk_token": "<unk>", "bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "mask_token": "<mask>"]
    }
  }

  /// The normalizer, pre_tokenizer and decoder of a class.
  private static func parts(_ kind: Class, prefix: Bool) throws -> [JSONObject.Member] {
    func object(_ type: String, _ members: KeyValuePairs<String, JSON> = [:]) -> JSON {
      .object(
        JSONObject([.init("type", .text(type))] + members.map { JSONObject.Member(ByteString($0.key), $0.value) }))
    }
    func pattern(_ key: String, _ text: String) -> JSON { .object(JSONObject([.init(ByteString(key), .text(text))])) }
    func bytes(usesPattern: Bool) -> JSON {
      object("ByteLevel", ["add_prefix_space": .bool(prefix), "use_regex": .bool(usesPattern)])
    }
    switch kind {
    case .qwen2:
      let split = object(
        "Split", ["pattern": pattern("Regex", WordPattern.qwen2Expression), "behavior": .text("Isolated")])
      return [
        .init("normalizer", object("NFC")),
        .init("pre_tokenizer", object("Sequence", ["pretokenizers": .array([split, bytes(usesPattern: false)])])),
        .init("decoder", object("ByteLevel")),
      ]
    case .gptNeoX:
      return [
        .init("normalizer", object("NFC")), .init("pre_tokenizer", bytes(usesPattern: true)),
        .init("decoder", object("ByteLevel")),
      ]
    case .gemma:
      let blank = object("Replace", ["pattern": pattern("String", "▁"), "content": .text(" ")])
      return [
        .init("normalizer", object("Replace", ["pattern": pattern("String", " "), "content": .text("▁")])),
        .init(
          "pre_tokenizer",
          object("Split", ["pattern": pattern("String", " "), "behavior": .text("MergedWithPrevious")])),
        .init(
          "decoder", object("Sequence", ["decoders": .array([blank, object("ByteFallback"), object("Fuse")])])),
      ]
    }
  }
}
