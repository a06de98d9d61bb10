import Support

/// Builds ALBERT's tokenizer from spiece.model.
enum AlbertLoader {
  private static let defaults = [
    "bos_token": "[CLS]", "eos_token": "[SEP]", "unk_token": "<unk>", "sep_token": "[SEP]", "pad_token": "<pad>",
    "cls_token": "[CLS]", "mask_token": "[MASK]",
  ]

  static func load(_ folder: TokenizerFolder) throws -> AlbertTokenizer {
    let path = folder.path("spiece.model")
    guard folder.has("spiece.model") else {
      if folder.tokenizerJSON != nil {
        throw TokenizerError.unsupported(
          path: folder.jsonPath, what: "a SentencePiece tokenizer written as tokenizer.json alone",
          advice: "copy spiece.model from the checkpoint, from which ALBERT's pieces are read")
      }
      throw TokenizerError.missingFiles(
        folder: folder.folder, tokenizer: "the ALBERT tokenizer", names: ["spiece.model"])
    }
    let model = try SentencePieceModel(
      path: path, bytes: try Files.read(path, limit: LoadingLimits.sentencePieceModel),
      dummyPrefix: try folder.flag("add_prefix_space"))
    var normalizer = AlbertNormalizer()
    normalizer.keepsAccents = try folder.flag("keep_accents") ?? false
    normalizer.lowersCase = try folder.flag("do_lower_case") ?? true
    let settings = try SpecialTokenSettings(folder, defaults: defaults)
    let (added, special) = settings.resolve(vocabularySize: Int32(model.size)) { model.id($0.bytes) }
    // The template needs [CLS] and [SEP] to be pieces of the model itself.
    func id(_ role: String) throws(TokenizerError) -> Int32 {
      guard let content = settings.roles[role], let id = model.id(content.bytes) else {
        throw .missingToken(path: path, token: settings.roles[role]?.description ?? "null", role: role)
      }
      return id
    }
    return AlbertTokenizer(
      model: model, normalizer: normalizer, added: added.filter { !$0.isNormalized }, special: special,
      template: .bert(cls: try id("cls_token"), sep: try id("sep_token")),
      givesTypeIDs: try folder.givesTypeIDs(false))
  }
}
