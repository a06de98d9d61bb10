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
    case .wordPiece: return try WordPieceLoader.load(folder, givesTypeIDs: true)
    case .distilBert: return try WordPieceLoader.load(folder, givesTypeIDs: false)
    case .gpt2: return try ByteLevelLoader.load(folder, roberta: false)
    case .roberta: return try ByteLevelLoader.load(folder, roberta: true)
    case .llama: return try LlamaLoader.load(folder)
    case .albert: return try AlbertLoader.load(folder)
    case .unigram(let kind): return try UnigramLoader.load(folder, kind)
    case .bytePair(let kind): return try BytePairClasses.load(folder, kind)
    case .described:
      guard let json = folder.tokenizerJSON else {
        throw TokenizerError.missingFiles(folder: folder.folder, tokenizer: "the tokenizer", names: ["tokenizer.json"])
      }
      return try DescribedLoader.load(folder, json)
    }
  }

  /// How a class builds its tokenizer; `described` is as tokenizer.json describes it.
  private enum Kind {
    case wordPiece, distilBert, gpt2, roberta, llama, albert, described
    case unigram(UnigramLoader.Class)
    case bytePair(BytePairClasses.Class)
  }

  private static let classes: [String: Kind] = [
    "BertTokenizer": .wordPiece, "DistilBertTokenizer": .distilBert, "ElectraTokenizer": .wordPiece,
    "GPT2Tokenizer": .gpt2, "RobertaTokenizer": .roberta, "LlamaTokenizer": .llama, "AlbertTokenizer": .albert,
    "XLMRobertaTokenizer": .unigram(.xlmRoberta), "CamembertTokenizer": .unigram(.camembert),
    "DebertaV2Tokenizer": .unigram(.debertaV2), "Qwen2Tokenizer": .bytePair(.qwen2),
    "GPTNeoXTokenizer": .bytePair(.gptNeoX), "GemmaTokenizer": .bytePair(.gemma),
  ]
  /// The classes that follow tokenizer.json.
  private static let generic: Set = ["PreTrainedTokenizer", "TokenizersBackend", "BloomTokenizer"]
  /// The classes of transformers that a folder may name, besides those that follow tokenizer.json.
  package static var classNames: [String] { classes.keys.sorted() }

  /// The class that transformers registers for a model type. Where it is TokenizersBackend, the class that a folder names
  /// does not count.
  ///
  /// Source: `TOKENIZER_MAPPING_NAMES` of transformers 5.23. LLaMA and SmolLM3 are not in it.
  private static let registered: [String: String] = [
    "bert": "BertTokenizer", "distilbert": "BertTokenizer", "electra": "BertTokenizer", "gpt2": "GPT2Tokenizer",
    "roberta": "RobertaTokenizer", "albert": "AlbertTokenizer", "xlm-roberta": "XLMRobertaTokenizer",
    "camembert": "CamembertTokenizer", "deberta-v2": "DebertaV2Tokenizer", "modernbert": "TokenizersBackend",
    "qwen2": "Qwen2Tokenizer", "qwen2_moe": "Qwen2Tokenizer", "qwen3": "Qwen2Tokenizer",
    "qwen3_moe": "Qwen2Tokenizer", "mistral": "TokenizersBackend", "mixtral": "TokenizersBackend",
    "ministral": "TokenizersBackend", "gpt_neox": "GPTNeoXTokenizer", "olmo": "GPTNeoXTokenizer",
    "olmoe": "GPTNeoXTokenizer", "olmo2": "TokenizersBackend", "olmo3": "TokenizersBackend",
    "gemma": "GemmaTokenizer", "gemma2": "GemmaTokenizer", "gemma3": "GemmaTokenizer",
    "gemma3_text": "GemmaTokenizer", "granite": "TokenizersBackend", "phi3": "TokenizersBackend",
    "stablelm": "TokenizersBackend", "gpt_neo": "GPT2Tokenizer", "gptj": "GPT2Tokenizer", "opt": "GPT2Tokenizer",
    "phi": "GPT2Tokenizer", "starcoder2": "GPT2Tokenizer",
  ]
  /// The model types whose folders are known to name wrong classes, so that the registered one is taken.
  ///
  /// Source: `MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS` of transformers 5.23.
  private static let misnamed: Set = ["modernbert", "qwen2", "phi3"]

  private static let mistral: Set = ["mistral", "mixtral", "ministral"]

  /// Chooses as `AutoTokenizer` does.
  private static func kind(_ folder: TokenizerFolder) throws -> Kind {
    let registered = folder.modelType.flatMap { self.registered[$0] }
    guard let named = try folder.className() else {
      // A tokenizer.json says itself what it is, where transformers knows no class for the model.
      if let registered { return try kind(registered, folder) }
      if folder.modelType == "llama" { return folder.isByteLevelJSON ? .described : .llama }
      return try folder.tokenizerJSON == nil ? byFiles(folder) : .described
    }
    let type = folder.modelType ?? ""
    // LLaMA 3 names LLaMA's class, which knows no bytes.
    if named == "LlamaTokenizer", folder.isByteLevelJSON, !misnamed.contains(type), !mistral.contains(type) {
      return .described
    }
    guard let registered, registered != named else { return try kind(named, folder) }
    if registered == "TokenizersBackend" { return try kind(registered, folder) }
    return try kind(misnamed.contains(type) ? registered : named, folder)
  }

  private static func kind(_ name: String, _ folder: TokenizerFolder) throws -> Kind {
    if generic.contains(name) { return try folder.tokenizerJSON == nil ? byFiles(folder) : .described }
    guard let kind = classes[name] else {
      throw TokenizerError.unsupported(
        path: folder.folder, what: "tokenizer_class \(name)",
        advice: "supported are \(classNames.joined(separator: ", ")), and PreTrainedTokenizerFast, which follows "
          + "tokenizer.json")
    }
    return kind
  }

  /// The tokenizer of a folder without a class and without tokenizer.json.
  private static func byFiles(_ folder: TokenizerFolder) throws -> Kind {
    if folder.has("vocab.txt") { return .wordPiece }
    if folder.has("vocab.json") { return folder.modelType == "roberta" ? .roberta : .gpt2 }
    if folder.has("tokenizer.model") { return .llama }
    if folder.has("spiece.model") { return .albert }
    if folder.has("spm.model") { return .unigram(.debertaV2) }
    if folder.has("sentencepiece.bpe.model") {
      return .unigram(folder.modelType == "camembert" ? .camembert : .xlmRoberta)
    }
    throw TokenizerError.missingFiles(
      folder: folder.folder, tokenizer: "the tokenizer",
      names: [
        "tokenizer_config.json", "vocab.txt", "vocab.json", "tokenizer.json", "tokenizer.model", "spiece.model",
        "spm.model", "sentencepiece.bpe.model",
      ])
  }
}
