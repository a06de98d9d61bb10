import Support

/// Builds LLaMA's tokenizer from tokenizer.json alone.
enum MetaspaceLoader {
  /// - Parameter named: whether the folder names the class LlamaTokenizer, which takes from tokenizer.json its vocabulary and
  ///   merges only; without, tokenizer.json counts in whole.
  static func load(
    _ folder: TokenizerFolder, json: JSON, named: Bool, defaults: [String: String]
  ) throws -> MetaspaceTokenizer {
    let path = folder.jsonPath
    let model = json["model"]
    guard model?["type"]?.string ?? "BPE" == "BPE", model?["byte_fallback"]?.bool == true else {
      throw TokenizerError.unsupported(
        path: path, what: "model \(model?["type"]?.string ?? "null") without byte_fallback as LLaMA's",
        advice: "expected BPE with byte_fallback, or copy tokenizer.model from the checkpoint")
    }
    for key in ["dropout", "continuing_subword_prefix", "end_of_word_suffix", "ignore_merges"] {
      guard let value = model?[key], !value.isNull, value != .bool(false), value.bytes?.bytes.isEmpty != true else {
        continue
      }
      throw TokenizerError.unsupported(
        path: path, what: "model.\(key) \(value.summary)", advice: "copy tokenizer.model from the checkpoint")
    }
    let entries = try VocabularyReader.entries(model?["vocab"], path: path, key: "model.vocab")
    let vocabulary = try MetaspaceVocabulary(path: path, entries: entries)
    let segmenter = try MergeSegmenter(
      path: path, entries: entries, merges: MergesReader.merges(model?["merges"], path: path))
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
