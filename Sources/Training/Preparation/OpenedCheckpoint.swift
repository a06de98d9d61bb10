import Checkpoints
import Memory
import Models
import Support
import Tasks
import Tensors
import Tokenization

/// A checkpoint whose config, tokenizer and presets are read; the weights are loaded later, by
/// ``load(dropout:seed:newHead:)``.
///
/// A checkpoint is a folder in Hugging Face layout. Pretraining can also start from a config alone, with fresh weights.
struct OpenedCheckpoint {
  let name: String
  /// The folder that holds the config.
  let path: String
  let config: HuggingFaceConfig
  /// The file that the config was read from; pretraining may start from one of any name.
  let configFile: String
  let shape: ModelShape
  let tokenizer: any Tokenizer
  let tokenizerFolder: String
  /// Files of the initial weights; empty if the weights are fresh.
  let weightFiles: [String]
  /// The output layer in the weights of the head that is asked for; `nil` where there is none, and for language models.
  let storedHead: CheckpointHead?
  /// The presets in the checkpoint's `finetune.json`.
  let presets: CheckpointPresets
  private let folder: CheckpointFolder?
  /// The adapters beside linear layers, old or new; `nil` for none.
  let lora: LoRASettings?
  /// The folder of the weights that adapters are beside; ``path`` where there are none.
  let weightsFolder: String
  private let adapter: AdapterFolder?
  private let method: Method
  private let precision: Precision
  private let recomputation: Recomputation
  /// What trained matrices are stored in.
  private let weights: Precision

  /// - Parameter settings: `model` is a folder, a name under `checkpoints/` or, for pretraining, the path of a config.
  /// - Throws: ``CheckpointError``, ``TokenizerError`` or ``TrainingError`` naming what is missing or does not fit.
  init(_ settings: RunSettings, head: HeadKind) throws {
    let found = try OpenedCheckpoint.locate(settings.model)
    let isConfig = settings.command == .pretrain && !Files.isFolder(found)
    name = OpenedCheckpoint.name(of: found, isConfig: isConfig)
    let source = isConfig ? nil : try CheckpointSource(found, base: settings.base)
    (adapter, weightsFolder) = (source?.adapter, source?.weights ?? (Files.parent(of: found) ?? "."))
    path = isConfig ? weightsFolder : found
    configFile = source?.configFile ?? found
    lora = try OpenedCheckpoint.lora(settings, adapter)
    let hasWeights =
      !isConfig && !settings.randomInit
      && (settings.command != .pretrain
        || CheckpointFolder.weightNames.contains { Files.exists(found + "/" + $0) })
    if settings.command == .pretrain, !hasWeights {
      var config = try HuggingFaceConfig(path: configFile)
      if let size = settings.vocabularySize { config.set("vocab_size", .integer(size)) }
      (self.config, folder, weightFiles) = (config, nil, [])
    } else {
      guard settings.vocabularySize == nil else {
        throw TrainingError.badSetting(
          origin: "--vocab-size", key: "vocab_size", found: "a size beside the weights of \(found)",
          expected: "--random-init, or no --vocab-size")
      }
      let folder = try CheckpointFolder(path: weightsFolder, needsWeights: hasWeights)
      // That of an adapter names the labels.
      config = adapter == nil ? folder.config : try HuggingFaceConfig(path: configFile)
      weightFiles = folder.weightFiles + (adapter.map { [$0.weightPath] } ?? [])
      self.folder = folder
    }
    tokenizerFolder = settings.tokenizer ?? source?.folder(holding: TokenizerFiles.names) ?? path
    tokenizer = try TokenizerLoader.load(folder: tokenizerFolder)
    (method, precision) = (settings.method, settings.precision)
    (recomputation, weights) = (settings.recompute, settings.weights)
    shape = try ModelShape(
      folder?.config ?? config, head: head, name: name, weights: settings.weights, isTrainable: settings.method.trains,
      lora: lora)
    guard settings.command != .run || shape.parameters.contains(where: \.isTrainable) else {
      throw TrainingError.badSetting(
        origin: "--method", key: "method", found: "\(settings.method.rawValue), but \(name) has nothing that it trains",
        expected: "another method; see: finetune list methods")
    }
    let largest = tokenizer.rowsNeeded
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
    if hasWeights, let folder, !head.isLanguageModel,
      let outputs = try ModelRegistry.storedOutputs(folder, head: head, adapter: adapter)
    {
      storedHead = try CheckpointHead(
        outputs: outputs, labels: config.labels(),
        scoresChoices: config.json["architectures"]?.array?.first?.string.map { $0.hasSuffix("ForMultipleChoice") })
    } else {
      storedHead = nil
    }
  }

  /// The adapters of a run: those of the folder, to go on with, or new ones.
  private static func lora(_ settings: RunSettings, _ adapter: AdapterFolder?) throws -> LoRASettings? {
    let asked = try settings.lora()
    if let adapter, settings.command == .pretrain {
      throw TrainingError.badSetting(
        origin: "--model", key: "model", found: "\(adapter.path), an adapter",
        expected: "a whole checkpoint, which finetune merge makes of it")
    }
    guard asked == nil || !settings.randomInit || settings.save == .none else {
      throw TrainingError.badSetting(
        origin: "--random-init", key: "random_init", found: "it with the method lora",
        expected: "--save none, since an adapter is of no use without the weights that it was trained beside")
    }
    guard let adapter, settings.command == .run else { return adapter?.settings ?? asked }
    guard asked != nil else {
      throw TrainingError.badSetting(
        origin: "--method", key: "method", found: "\(settings.method.rawValue) of \(adapter.path), an adapter",
        expected: "lora, to go on with it; finetune merge makes a whole checkpoint for other methods")
    }
    guard settings.methodOptions.entries.allSatisfy({ $0.key == "lr-ratio" }) else {
      throw TrainingError.badSetting(
        origin: "-M", key: "method_option", found: "options beside \(adapter.path), an adapter",
        expected: "lr-ratio only; \(AdapterFolder.configFile) says the others")
    }
    guard !settings.randomInit else {
      throw TrainingError.badSetting(
        origin: "--random-init", key: "random_init", found: "it beside \(adapter.path), an adapter",
        expected: "a whole checkpoint, or no --random-init")
    }
    return adapter.settings
  }

  /// The path of a checkpoint.
  ///
  /// - Throws: ``CheckpointError`` where there is none; ``TrainingError/isRun(path:)`` for the folder of a run.
  static func locate(_ model: String) throws -> String {
    guard let found = SearchPath(.checkpoints).find(model) else { throw CheckpointError.noSuchFolder(path: model) }
    guard
      Files.exists(found + "/config.json") || AdapterFolder.exists(at: found)
        || !Files.exists(found + "/model/config.json")
    else {
      throw TrainingError.isRun(path: found)
    }
    return found
  }

  /// The name of the folder, even where the path ends in `.` or `..`; for a config, its file name without extension.
  private static func name(of path: String, isConfig: Bool) -> String {
    let last = Files.name(of: path)
    guard isConfig else { return [".", ".."].contains(last) ? Files.name(of: Files.resolved(path)) : last }
    return last.lastIndex(of: ".").map { String(last[..<$0]) } ?? last
  }

  /// The tokens that end a text, by the checkpoint's configs; empty where it has no folder of its own.
  func endTokens() throws -> Set<Int32> { try folder?.endTokens() ?? [] }

  /// Makes the model with the checkpoint's weights or fresh ones. Parameters that the method does not train are frozen.
  ///
  /// - Parameters:
  ///   - dropout: replaces every dropout of the config; `nil` keeps them.
  ///   - newHead: whether a new output layer replaces the checkpoint's.
  func load(dropout: Double?, seed: UInt64, newHead: Bool) throws -> (model: any Model, report: WeightReport) {
    let (model, report): (any Model, WeightReport)
    if let folder, !weightFiles.isEmpty {
      (model, report) = try ModelRegistry.load(
        folder, head: shape.head, dropout: dropout, seed: seed, newOutputLayer: newHead, weights: weights,
        isTrainable: method.trains, lora: lora, adapter: adapter)
    } else {
      model = try ModelRegistry.fresh(
        config, head: shape.head, dropout: dropout, seed: seed, weights: weights, isTrainable: method.trains,
        lora: lora)
      report = WeightReport()
    }
    (model.precision, model.recomputation) = (precision, recomputation)
    return (model, report)
  }
}
