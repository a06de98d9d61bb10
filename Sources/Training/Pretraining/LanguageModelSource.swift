import Checkpoints
import Foundation
import Memory
import Models
import Support
import Tokenization

/// What pretraining starts from: a config that gets fresh weights, or a checkpoint that is trained on.
struct LanguageModelSource {
  let name: String
  /// Folder of the config.
  let path: String
  let config: HuggingFaceConfig
  let shape: ModelShape
  let tokenizer: any Tokenizer
  let tokenizerFolder: String
  /// Files of the weights it starts from; empty when they are fresh.
  let weightFiles: [String]
  private let folder: CheckpointFolder?

  /// `--model` is a checkpoint's folder or name, or the path of a `config.json`.
  ///
  /// - Throws: ``CheckpointError``, ``TokenizerError`` or ``TrainingError`` saying what does not fit.
  init(_ settings: RunSettings) throws {
    guard let path = SearchPath(kind: "checkpoints").find(settings.model) else {
      throw CheckpointError.noSuchFolder(path: settings.model)
    }
    var isFolder: ObjCBool = false
    let manager = FileManager.default
    _ = manager.fileExists(atPath: path, isDirectory: &isFolder)
    let url = URL(fileURLWithPath: path).standardizedFileURL
    if isFolder.boolValue {
      self.path = path
      name = url.lastPathComponent
    } else {
      self.path = path.contains("/") ? url.deletingLastPathComponent().path : "."
      name = url.deletingPathExtension().lastPathComponent
    }
    tokenizerFolder = settings.tokenizer ?? self.path
    tokenizer = try TokenizerLoader.load(folder: tokenizerFolder)
    let hasWeights =
      isFolder.boolValue && !settings.randomInit
      && ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"].contains {
        manager.fileExists(atPath: path + "/" + $0)
      }
    if hasWeights {
      guard settings.vocabularySize == nil else {
        throw TrainingError.badSetting(
          origin: "--vocab-size", key: "vocab_size", found: "it beside the weights of \(path)",
          expected: "--random-init, or no --vocab-size")
      }
      let folder = try CheckpointFolder(path: path)
      config = folder.config
      weightFiles = folder.weightFiles
      self.folder = folder
    } else {
      var config = try HuggingFaceConfig(path: isFolder.boolValue ? path + "/config.json" : path)
      if let size = settings.vocabularySize { config.set("vocab_size", .integer(size)) }
      self.config = config
      weightFiles = []
      folder = nil
    }
    shape = try ModelShape(config, head: .languageModel, name: name)
    guard tokenizer.vocabularySize <= shape.vocabularySize else {
      throw TrainingError.vocabularyTooSmall(
        model: path, size: shape.vocabularySize, tokenizer: tokenizer.vocabularySize,
        remedy: hasWeights
          ? "its weights are for another tokenizer"
          : "give --vocab-size \(tokenizer.vocabularySize), or the config's own tokenizer")
    }
  }

  /// The model, with the weights of the folder or fresh ones.
  func load(dropout: Double?, seed: UInt64) throws -> (model: any Model, report: WeightReport) {
    guard let folder else {
      return (try ModelRegistry.fresh(config, head: .languageModel, dropout: dropout, seed: seed), WeightReport())
    }
    return try ModelRegistry.load(folder, head: .languageModel, dropout: dropout, seed: seed)
  }

  func save(_ model: any Model, to folder: String) throws {
    try CheckpointWriter.save(
      config: config.saved(architecture: model.architecture, labels: nil, problemType: nil),
      tensors: model.parameters.map { ($0.name, $0.value) }, tokenizerFiles: TokenizerFiles.names,
      from: tokenizerFolder, to: folder)
  }
}
