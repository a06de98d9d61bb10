import Support

/// Builds LLaMA's tokenizer from tokenizer.model.
enum LlamaLoader {
  private static let defaults = ["unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"]

  static func load(_ folder: TokenizerFolder) throws -> SentencePieceTokenizer {
    let path = folder.path("tokenizer.model")
    guard folder.has("tokenizer.model") else {
      throw TokenizerError.missingFiles(
        folder: folder.folder, tokenizer: "the LLaMA tokenizer", names: ["tokenizer.model"])
    }
    let model = try SentencePieceModel(
      path: path, bytes: try Files.read(path, limit: LoadingLimits.sentencePieceModel),
      dummyPrefix: try folder.flag("add_prefix_space"))
    let settings = try SpecialTokenSettings(folder, defaults: defaults)
    let (added, special) = settings.resolve(vocabularySize: Int32(model.size)) { model.id($0.bytes) }
    // As transformers 5: explicit settings win, then the template of tokenizer.json, then no special tokens.
    let bos = try folder.flag("add_bos_token")
    let eos = try folder.flag("add_eos_token")
    let template: SpecialTokenTemplate
    if bos == nil, eos == nil {
      template = try PostProcessor.template(folder) ?? .plain
    } else {
      template = .boundaries(bos: bos == true ? special.bos : nil, eos: eos == true ? special.eos : nil)
    }
    return SentencePieceTokenizer(
      model: model, added: added, special: special, template: template,
      givesTypeIDs: try folder.givesTypeIDs(false))
  }
}
