import Support

/// Builds LLaMA's tokenizer from tokenizer.model, or from tokenizer.json where there is no tokenizer.model.
enum LlamaLoader {
  private static let defaults = ["unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"]

  static func load(_ folder: TokenizerFolder) throws -> any Tokenizer {
    let path = folder.path("tokenizer.model")
    guard folder.has("tokenizer.model") else {
      guard let json = folder.tokenizerJSON else {
        throw TokenizerError.missingFiles(
          folder: folder.folder, tokenizer: "the LLaMA tokenizer", names: ["tokenizer.model", "tokenizer.json"])
      }
      return try MetaspaceLoader.load(folder, json: json, defaults: defaults)
    }
    let model = try SentencePieceModel(
      path: path, bytes: try Files.read(path, limit: LoadingLimits.sentencePieceModel),
      dummyPrefix: try folder.flag("add_prefix_space"))
    let settings = try SpecialTokenSettings(folder, defaults: defaults)
    let (added, special) = settings.resolve(vocabularySize: Int32(model.size)) { model.id($0.bytes) }
    return SentencePieceTokenizer(
      model: model, added: added, special: special, template: try template(folder, special),
      givesTypeIDs: try folder.givesTypeIDs(false))
  }

  /// The template, chosen as in transformers 5.
  ///
  /// The settings `add_bos_token` and `add_eos_token` come first, then the template of tokenizer.json. Without either,
  /// there are no special tokens.
  static func template(_ folder: TokenizerFolder, _ special: SpecialTokens) throws(TokenizerError)
    -> SpecialTokenTemplate
  {
    let bos = try folder.flag("add_bos_token")
    let eos = try folder.flag("add_eos_token")
    guard bos != nil || eos != nil else { return try PostProcessor.template(folder) ?? .plain }
    return .boundaries(bos: bos == true ? special.bos : nil, eos: eos == true ? special.eos : nil)
  }
}
