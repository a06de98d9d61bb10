import Checkpoints
import Memory
import Models
import Support
import Tasks
import Tokenization

/// A checkpoint opened for what is to be done with it: all but the weights.
///
/// It is a folder in Hugging Face layout. Pretraining also starts from a config alone, whose weights are then fresh.
struct OpenedCheckpoint {
  let name: String
  /// The folder of the config.
  let path: String
  let config: HuggingFaceConfig
  let shape: ModelShape
  let tokenizer: any Tokenizer
  let tokenizerFolder: String
  /// Files of the weights it starts from; empty when they are fresh.
  let weightFiles: [String]
  /// The output layer that the weights hold for this kind of head.
  let storedHead: CheckpointHead?
  /// What suits the checkpoint, from its `finetune.json`.
  let presets: CheckpointPresets
  private let folder: CheckpointFolder?
  private let method: RunSettings.Method

  /// - Parameter settings: `model` is a folder, a name under `checkpoints/` or, for pretraining, the path of a config.
  /// - Throws: ``CheckpointError``, ``TokenizerError`` or ``TrainingError`` saying what does not fit.
  init(_ settings: RunSettings, head: HeadKind) throws {
    guard let found = SearchPath(.checkpoints).find(settings.model) else {
      throw CheckpointError.noSuchFolder(path: settings.model)
    }
    guard Files.exists(found + "/config.json") || !Files.exists(found + "/model/config.json") else {
      throw TrainingError.isRun(path: found)
    }
    let isConfig = settings.command == .pretrain && !Files.isFolder(found)
    name = OpenedCheckpoint.name(of: found, isConfig: isConfig)
    path = isConfig ? Files.parent(of: found) ?? "." : found
    let hasWeights =
      !isConfig && !settings.randomInit
      && (settings.command != .pretrain
        || CheckpointFolder.weightNames.contains { Files.exists(found + "/" + $0) })
    if settings.command == .pretrain, !hasWeights {
      var config = try HuggingFaceConfig(path: isConfig ? found : found + "/config.json")
      if let size = settings.vocabularySize { config.set("vocab_size", .integer(size)) }
      (self.config, folder, weightFiles) = (config, nil, [])
    } else {
      guard settings.vocabularySize == nil else {
        throw TrainingError.badSetting(
          origin: "--vocab-size", key: "vocab_size", found: "a size beside the weights of \(found)",
          expected: "--random-init, or no --vocab-size")
      }
      let folder = try CheckpointFolder(path: found, needsWeights: hasWeights)
      (config, weightFiles) = (folder.config, folder.weightFiles)
      self.folder = folder
    }
    tokenizerFolder = settings.tokenizer ?? path
    tokenizer = try TokenizerLoader.load(folder: tokenizerFolder)
    method = settings.method
    shape = try ModelShape(config, head: head, name: name, isTrainable: settings.method.trains)
    // Ids that a template puts around a text need not be in the vocabulary.
    let largest = (tokenizer.template.single + tokenizer.template.pair).reduce(tokenizer.vocabularySize) { size, part in
      if case .special(let id, _) = part { max(size, Int(id) + 1) } else { size }
    }
    guard largest <= shape.vocabularySize else {
      var remedy: String?
      if settings.command == .pretrain {
        remedy =
          hasWeights
          ? "its weights are for another tokenizer"
          : "give --vocab-size \(tokenizer.vocabularySize), or the config's own tokenizer"
      }
      throw TrainingError.vocabularyTooSmall(
        model: path, size: shape.vocabularySize, tokenizer: largest, remedy: remedy)
    }
    presets = try CheckpointPresets(folder: path)
    if hasWeights, let folder, head.isSequenceClassifier,
      let outputs = try ModelRegistry.storedOutputs(folder)
    {
      storedHead = try CheckpointHead(outputs: outputs, labels: config.labels())
    } else {
      storedHead = nil
    }
  }

  /// The folder's own name, also where the path ends in `.` or `..`.
  private static func name(of path: String, isConfig: Bool) -> String {
    let last = Files.name(of: path)
    guard isConfig else { return [".", ".."].contains(last) ? Files.name(of: Files.resolved(path)) : last }
    return last.lastIndex(of: ".").map { String(last[..<$0]) } ?? last
  }

  /// The model, with the checkpoint's weights or fresh ones; what the method does not train is frozen.
  ///
  /// - Parameters:
  ///   - dropout: overrides every dropout of the config.
  ///   - newHead: makes a new output layer in place of the checkpoint's.
  func load(dropout: Double?, seed: UInt64, newHead: Bool) throws -> (model: any Model, report: WeightReport) {
    guard let folder, !weightFiles.isEmpty else {
      let model = try ModelRegistry.fresh(
        config, head: shape.head, dropout: dropout, seed: seed, isTrainable: method.trains)
      return (model, WeightReport())
    }
    return try ModelRegistry.load(
      folder, head: shape.head, dropout: dropout, seed: seed, newOutputLayer: newHead, isTrainable: method.trains)
  }
}
