import Support

/// Chooses the tokenizer of a checkpoint folder from the folder's own files.
public enum TokenizerLoader {
  /// Loads the tokenizer that transformers' `AutoTokenizer` would.
  ///
  /// The class is the one that tokenizer_config.json or config.json names, else that of config.json's `model_type`, else
  /// the one whose files are there.
  /// - Throws: ``TokenizerError`` or `FileError`, naming the file that is missing or wrong.
  public static func load(folder path: String) throws -> any Tokenizer {
    let folder = try TokenizerFolder(path)
    switch try kind(folder) {
    case .wordPiece: return try WordPieceLoader.load(folder)
    case .llama: return try LlamaLoader.load(folder)
    }
  }

  enum Kind { case wordPiece, llama }

  private static let classes: [String: Kind] = [
    "BertTokenizer": .wordPiece, "DistilBertTokenizer": .wordPiece, "ElectraTokenizer": .wordPiece,
    "LlamaTokenizer": .llama,
  ]
  private static let models: [String: Kind] = [
    "bert": .wordPiece, "distilbert": .wordPiece, "electra": .wordPiece, "llama": .llama,
  ]

  private static func kind(_ folder: TokenizerFolder) throws -> Kind {
    if case .named(let name) = try folder.declaredClass() {
      guard let kind = classes[name] else {
        throw TokenizerError.unsupported(
          path: folder.folder, what: "tokenizer_class \(name)",
          advice: "supported are \(classes.keys.sorted().joined(separator: ", "))")
      }
      return kind
    }
    if try folder.declaredClass() == .none, let type = folder.modelType, let kind = models[type] { return kind }
    if folder.has("vocab.txt") || folder.tokenizerJSON?["model"]?["type"]?.string == "WordPiece" { return .wordPiece }
    if folder.has("tokenizer.model") { return .llama }
    throw TokenizerError.missingFiles(
      folder: folder.folder, tokenizer: "the tokenizer",
      names: ["tokenizer_config.json", "vocab.txt", "tokenizer.json", "tokenizer.model"])
  }
}
