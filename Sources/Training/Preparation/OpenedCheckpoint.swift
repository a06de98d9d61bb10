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
  /// What is added to the checkpoint, old or new; `nil` for nothing.
  let adapter: (any Adapter)?
  /// The folder of the weights that adapters are beside; ``path`` where there are none.
  let weightsFolder: String
  /// The adapter that a run saves; `nil` where it saves a whole checkpoint.
  var savedAdapter: (any Adapter)? { method == .relora ? nil : adapter }
  /// The folder that ``adapter`` was read from; `nil` where it is new.
  let adapterFolder: AdapterFolder?
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
    (adapterFolder, weightsFolder) = (source?.adapter, source?.weights ?? (Files.parent(of: found) ?? "."))
    path = isConfig ? weightsFolder : found
    configFile = source?.configFile ?? found
    adapter = try OpenedCheckpoint.adapter(settings, adapterFolder)
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
      config = adapterFolder == nil ? folder.config : try HuggingFaceConfig(path: configFile)
      weightFiles = folder.weightFiles + (adapterFolder.map { [$0.weightPath] } ?? [])
      self.folder = folder
    }
    tokenizerFolder = settings.tokenizer ?? source?.tokenizerFolder ?? path
    tokenizer = try TokenizerLoader.load(folder: tokenizerFolder)
    (method, precision) = (settings.method, settings.precision)
    (recomputation, weights) = (settings.recompute, settings.weights)
    shape = try ModelShape(
      folder?.config ?? config, head: head, name: name, weights: settings.weights, isTrainable: settings.method.trains,
      adapter: adapter)
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
      let outputs = try ModelRegistry.storedOutputs(folder, head: head, adapter: adapterFolder)
    {
      // The config of the base says nothing of a head that was trained with an adapter.
      let says = adapterFolder == nil || Files.exists(path + "/config.json")
      storedHead = try CheckpointHead(
        outputs: outputs, labels: says ? config.labels() : nil,
        scoresChoices: says
          ? config.json["architectures"]?.array?.first?.string.map { $0.hasSuffix("ForMultipleChoice") } : nil)
    } else {
      storedHead = nil
    }
  }

  /// The adapter of a run: that of the folder, to go on with, or a new one.
  private static func adapter(_ settings: RunSettings, _ folder: AdapterFolder?) throws -> (any Adapter)? {
    let asked = try settings.adapter()
    if let folder, settings.command == .pretrain {
      throw TrainingError.badSetting(
        origin: "--model", key: "model", found: "\(folder.path), an adapter",
        expected: "a whole checkpoint, which finetune merge makes of it")
    }
    guard !settings.method.isAdapter || !settings.randomInit || settings.save == .none else {
      throw TrainingError.badSetting(
        origin: "--random-init", key: "random_init", found: "it with the method \(settings.method.rawValue)",
        expected: "--save none, since an adapter is of no use without the weights that it was trained beside")
    }
    guard let folder, settings.command == .run else { return folder?.adapter ?? asked }
    guard settings.method.isAdapter, let asked, asked.isSameMethod(as: folder.adapter) else {
      throw TrainingError.badSetting(
        origin: "--method", key: "method", found: "\(settings.method.rawValue) of \(folder.path), an adapter",
        expected:
          "the method of the adapter (\(folder.adapter.peftType)), to go on with it; finetune merge makes a whole "
          + "checkpoint for other methods")
    }
    guard settings.methodOptions.entries.allSatisfy({ $0.key == "lr-ratio" }) else {
      throw TrainingError.badSetting(
        origin: "--method-option", key: "method_option", found: "options beside \(folder.path), an adapter",
        expected: "lr-ratio only; \(AdapterFolder.configFile) says the others")
    }
    guard !settings.randomInit else {
      throw TrainingError.badSetting(
        origin: "--random-init", key: "random_init", found: "it beside \(folder.path), an adapter",
        expected: "a whole checkpoint, or no --random-init")
    }
    return folder.adapter
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
        isTrainable: method.trains, adapter: adapter, trained: adapterFolder)
    } else {
      model = try ModelRegistry.fresh(
        config, head: shape.head, dropout: dropout, seed: seed, weights: weights, isTrainable: method.trains,
        adapter: adapter)
      report = WeightReport()
    }
    (model.precision, model.recomputation) = (precision, recomputation)
    return (model, report)
  }
}
