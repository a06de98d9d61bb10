import Support

/// Builds LLaMA's tokenizer from tokenizer.json alone.
enum MetaspaceLoader {
  /// - Parameter named: whether the folder names the class LlamaTokenizer, which takes only the vocabulary and merges
  ///   from tokenizer.json. Otherwise all of tokenizer.json is followed.
  static func load(
    _ folder: TokenizerFolder, json: JSON, named: Bool, defaults: [String: String]
  ) throws -> MetaspaceTokenizer {
    let path = folder.jsonPath
    let model = TokenizerPart(json["model"] ?? .null, path: path, key: "model")
    guard model.type ?? "BPE" == "BPE", try model.flag("byte_fallback") == true else {
      throw model.unsupported(
        "\(model.type ?? "null") without byte_fallback as LLaMA's",
        advice: "expected BPE with byte_fallback, or copy tokenizer.model from the checkpoint")
    }
    // Every byte has an entry, so the unknown token never occurs, and `unk_token` and `fuse_unk` have no effect.
    try model.refuse(
      otherThan: ["type", "vocab", "merges", "byte_fallback", "unk_token", "fuse_unk"],
      advice: "copy tokenizer.model from the checkpoint")
    if named { try check(json, path) }
    let entries = try VocabularyReader.entries(model.value["vocab"], path: path, key: "model.vocab")
    let vocabulary = try MetaspaceVocabulary(path: path, entries: entries)
    let segmenter = try MergeSegmenter(
      path: path, entries: entries, merges: MergesReader.merges(model.value["merges"], path: path))
    let settings = try SpecialTokenSettings(folder, defaults: defaults)
    let (added, special) = settings.resolve(vocabularySize: vocabulary.largestID + 1) { vocabulary.id($0) }
    var prefix = MetaspaceTokenizer.Prefix.never
    if !named {
      prefix = try self.prefix(json, path)
    } else if try folder.flag("add_prefix_space") ?? true {
      prefix = try folder.flag("legacy") ?? false ? .always : .first
    }
    return MetaspaceTokenizer(
      segmenter: segmenter, vocabulary: vocabulary, prefix: prefix, added: added, special: special,
      template: try LlamaLoader.template(folder, special), givesTypeIDs: try folder.givesTypeIDs(false))
  }

  /// Refuses a tokenizer.json that has more than the class LlamaTokenizer would keep.
  ///
  /// transformers rebuilds the class with its own Metaspace. The two usual forms of LLaMA's tokenizer.json are
  /// accepted: the normalizers `Prepend` and `Replace` with `▁`, and the pre-tokenizer `Metaspace`.
  private static func check(_ json: JSON, _ path: String) throws(TokenizerError) {
    let normalizers = try TokenizerPart.sequence(
      json["normalizer"], path: path, key: "normalizer", of: "normalizers")
    let splitters = try TokenizerPart.sequence(
      json["pre_tokenizer"], path: path, key: "pre_tokenizer", of: "pretokenizers")
    for part in normalizers {
      let isBlank =
        part.type == "Prepend" && part.value["prepend"]?.string == "▁"
        || part.type == "Replace" && part.value["pattern"]?["String"]?.string == " "
          && part.value["content"]?.string == "▁"
      guard isBlank else {
        throw part.unsupported(part.type ?? part.value.summary, advice: "copy tokenizer.model from the checkpoint")
      }
    }
    for part in splitters where part.type != "Metaspace" {
      throw part.unsupported(part.type ?? part.value.summary, advice: "copy tokenizer.model from the checkpoint")
    }
  }

  private static func prefix(_ json: JSON, _ path: String) throws(TokenizerError) -> MetaspaceTokenizer.Prefix {
    let splitter = json["pre_tokenizer"]
    guard json["normalizer"]?.isNull ?? true, splitter?["type"]?.string == "Metaspace",
      splitter?["split"]?.bool == false,
      splitter?["replacement"]?.string == "▁",
      let prefix = MetaspaceTokenizer.Prefix(rawValue: splitter?["prepend_scheme"]?.string ?? "always")
    else {
      throw .unsupported(
        path: path,
        what: "normalizer \(json["normalizer"]?["type"]?.string ?? "null") with pre_tokenizer "
          + "\(splitter?["type"]?.string ?? "null")",
        advice: "expected Metaspace that does not split; copy tokenizer.model from the checkpoint, or name the "
          + "tokenizer_class LlamaTokenizer")
    }
    return prefix
  }
}
