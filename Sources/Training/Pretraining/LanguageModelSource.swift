import Checkpoints
import Foundation
import Models
import Support
import Tokenization

/// The language model that pretraining starts from: a config with fresh weights, or a checkpoint that is trained on.
struct LanguageModelSource {
  let name: String
  /// Folder of the config.
  let path: String
  let config: HuggingFaceConfig
  let model: any Model
  let tokenizer: any Tokenizer
  let tokenizerFolder: String
  /// Files of the weights it starts from; empty when they are fresh.
  let weightFiles: [String]
  let report: WeightReport

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
    tokenizerFolder = settings.pretraining.tokenizer ?? self.path
    tokenizer = try TokenizerLoader.load(folder: tokenizerFolder)
    let hasWeights =
      isFolder.boolValue && !settings.randomInit
      && ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"].contains {
        manager.fileExists(atPath: path + "/" + $0)
      }
    if hasWeights {
      guard settings.pretraining.vocabularySize == nil else {
        throw TrainingError.badSetting(
          origin: "--vocab-size", key: "vocab_size", found: "it beside the weights of \(path)",
          expected: "--random-init, or no --vocab-size")
      }
      let folder = try CheckpointFolder(path: path)
      config = folder.config
      weightFiles = folder.weightFiles
      (model, report) = try ModelRegistry.load(
        folder, head: .languageModel, dropout: settings.dropout, seed: settings.seed)
    } else {
      var config = try HuggingFaceConfig(path: isFolder.boolValue ? path + "/config.json" : path)
      if let size = settings.pretraining.vocabularySize { config.set("vocab_size", .integer(size)) }
      self.config = config
      weightFiles = []
      model = try ModelRegistry.fresh(config, head: .languageModel, dropout: settings.dropout, seed: settings.seed)
      report = WeightReport()
    }
    guard tokenizer.vocabularySize <= model.vocabularySize else {
      throw TrainingError.vocabularyTooSmall(
        model: path, size: model.vocabularySize, tokenizer: tokenizer.vocabularySize,
        remedy: hasWeights
          ? "its weights are for another tokenizer"
          : "give --vocab-size \(tokenizer.vocabularySize), or the config's own tokenizer")
    }
  }

  func save(to folder: String) throws {
    try CheckpointWriter.save(
      config: config.saved(architecture: model.architecture, labels: nil, problemType: nil),
      tensors: model.parameters.map { ($0.name, $0.value) }, tokenizerFiles: TokenizerFiles.names,
      from: tokenizerFolder, to: folder)
  }
}
