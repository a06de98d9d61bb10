import Support

/// Chooses the tokenizer of a checkpoint folder from the folder's own files.
package enum TokenizerLoader {
  /// Loads the tokenizer that transformers' `AutoTokenizer` would.
  ///
  /// The class is the one that tokenizer_config.json or config.json names. Without a name, `model_type` of config.json
  /// decides, and without that, the files that the folder has.
  /// - Throws: ``TokenizerError`` or `FileError`, naming the file that is missing or wrong.
  package static func load(folder path: String) throws -> any Tokenizer {
    let folder = try TokenizerFolder(path)
    let tokenizer = try load(folder)
    try folder.requireTypes(of: tokenizer)
    return tokenizer
  }

  private static func load(_ folder: TokenizerFolder) throws -> any Tokenizer {
    switch try kind(folder) {
    case .wordPiece: return try WordPieceLoader.load(folder)
    case .gpt2: return try byteLevel(folder, roberta: false)
    case .roberta: return try byteLevel(folder, roberta: true)
    case .byteLevelJSON: return try ByteLevelLoader.load(folder, roberta: false, generic: true)
    case .llama: return try LlamaLoader.load(folder)
    case .albert: return try AlbertLoader.load(folder)
    case .xlmRoberta: return try UnigramLoader.load(folder, named: true)
    case .unigramJSON: return try UnigramLoader.load(folder, named: false)
    }
  }

  private static func byteLevel(_ folder: TokenizerFolder, roberta: Bool) throws -> ByteLevelTokenizer {
    try ByteLevelLoader.load(folder, roberta: roberta, generic: folder.declaredClass() == .asTokenizerJSON)
  }

  /// The kinds of tokenizer; `byteLevelJSON` and `unigramJSON` are built as tokenizer.json describes them.
  enum Kind { case wordPiece, gpt2, roberta, byteLevelJSON, llama, albert, xlmRoberta, unigramJSON }

  private static let classes: [String: Kind] = [
    "BertTokenizer": .wordPiece, "DistilBertTokenizer": .wordPiece, "ElectraTokenizer": .wordPiece,
    "GPT2Tokenizer": .gpt2, "RobertaTokenizer": .roberta, "LlamaTokenizer": .llama, "AlbertTokenizer": .albert,
    "XLMRobertaTokenizer": .xlmRoberta,
  ]
  /// The classes of transformers that a folder may name.
  package static var classNames: [String] { classes.keys.sorted() }

  private static let models: [String: Kind] = [
    "bert": .wordPiece, "distilbert": .wordPiece, "electra": .wordPiece, "gpt2": .gpt2, "roberta": .roberta,
    "llama": .llama, "albert": .albert, "xlm-roberta": .xlmRoberta,
  ]

  private static func kind(_ folder: TokenizerFolder) throws -> Kind {
    let declared = try folder.declaredClass()
    if case .named(let name) = declared {
      guard let kind = classes[name] else {
        throw TokenizerError.unsupported(
          path: folder.folder, what: "tokenizer_class \(name)",
          advice: "supported are \(classNames.joined(separator: ", "))")
      }
      return kind == .llama && folder.isByteLevelJSON ? .byteLevelJSON : kind
    }
    if declared == .asTokenizerJSON {
      switch folder.tokenizerJSON?["model"].type {
      case "WordPiece": return .wordPiece
      case "BPE" where folder.isByteLevelJSON:
        return folder.modelType == "roberta" ? .roberta : .gpt2
      // ALBERT's pieces are read from its SentencePiece model instead.
      case "Unigram" where folder.modelType != "albert": return .unigramJSON
      default: break
      }
    }
    if let type = folder.modelType, let kind = models[type] {
      // LLaMA 3 has the model type llama, but no SentencePiece model.
      return kind == .llama && folder.isByteLevelJSON ? .byteLevelJSON : kind
    }
    if folder.has("vocab.txt") { return .wordPiece }
    if folder.has("vocab.json") { return .gpt2 }
    if folder.has("tokenizer.model") { return .llama }
    if folder.has("spiece.model") { return .albert }
    if folder.has(UnigramLoader.modelName) { return .xlmRoberta }
    throw TokenizerError.missingFiles(
      folder: folder.folder, tokenizer: "the tokenizer",
      names: [
        "tokenizer_config.json", "vocab.txt", "vocab.json", "tokenizer.json", "tokenizer.model", "spiece.model",
        UnigramLoader.modelName,
      ])
  }
}
