import Support

/// Builds LLaMA's tokenizer from tokenizer.json alone.
enum MetaspaceLoader {
  /// The class takes only the vocabulary and merges from tokenizer.json.
  static func load(
    _ folder: TokenizerFolder, json: TokenizerField, defaults: [String: String]
  ) throws -> MetaspaceTokenizer {
    let model = json["model"]
    guard model.type ?? "BPE" == "BPE", try model["byte_fallback"].optional(.flag) == true else {
      throw model.unsupported(
        "\(model.type ?? "null") without byte_fallback as LLaMA's",
        advice: "expected BPE with byte_fallback, or copy tokenizer.model from the checkpoint")
    }
    // Every byte has an entry, so the unknown token never occurs, and `unk_token` and `fuse_unk` have no effect.
    try model.refuse(
      otherThan: ["type", "vocab", "merges", "byte_fallback", "unk_token", "fuse_unk"],
      advice: "copy tokenizer.model from the checkpoint")
    try check(json)
    let entries = try VocabularyReader.entries(model["vocab"])
    let vocabulary = try MetaspaceVocabulary(path: json.path, entries: entries)
    let segmenter = try MergeSegmenter(
      path: json.path, entries: entries, merges: MergesReader.merges(model["merges"]))
    let settings = try SpecialTokenSettings(folder, defaults: defaults)
    let (added, special) = settings.resolve(vocabularySize: vocabulary.largestID + 1) { vocabulary.id($0) }
    var prefix = MetaspaceTokenizer.Prefix.never
    if try folder.flag("add_prefix_space") ?? true {
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
  private static func check(_ json: TokenizerField) throws(TokenizerError) {
    for part in try json["normalizer"].sequence(of: "normalizers") {
      let isBlank =
        part.type == "Prepend" && part["prepend"].json?.string == "▁"
        || part.type == "Replace" && part["pattern"]["String"].json?.string == " "
          && part["content"].json?.string == "▁"
      guard isBlank else {
        throw part.unsupported(part.type ?? part.found, advice: "copy tokenizer.model from the checkpoint")
      }
    }
    for part in try json["pre_tokenizer"].sequence(of: "pretokenizers") where part.type != "Metaspace" {
      throw part.unsupported(part.type ?? part.found, advice: "copy tokenizer.model from the checkpoint")
    }
  }
}
