import Checkpoints
import Foundation
import Support
import Tensors

/// What a model puts on top of its transformer.
public enum HeadKind: Sendable, Equatable {
  /// One logit for each class and sequence.
  case classification(labels: Int)
  /// One logit for each vocabulary entry and token.
  case languageModel
}

/// A transformer with its head: parameters by their Hugging Face names, and a forward pass on the tape.
public protocol Model: AnyObject {
  /// Class name in transformers, e.g. `BertForSequenceClassification`.
  var architecture: String { get }
  /// In the order in which the forward pass first uses them.
  var parameters: [Parameter] { get }
  var vocabularySize: Int { get }
  /// Longest sequence the positions allow.
  var maximumLength: Int { get }
  /// Logits: `[sequences, labels]`, or `[tokens, vocabulary]` of a language model.
  func logits(_ batch: PackedBatch, on tape: Tape) -> Variable
}

/// A family of architectures: a config, a forward pass from shared blocks, a name map.
protocol ModelFamily: Sendable {
  /// Values of `model_type` in `config.json`.
  static var modelTypes: [String] { get }
  static var weightNames: WeightNames { get }
  /// - Parameter dropout: overrides every dropout of the config.
  /// - Throws: ``CheckpointError`` naming the config key that is missing, of the wrong type or not supported.
  static func make(_ config: HuggingFaceConfig, head: HeadKind, dropout: Double?) throws(CheckpointError) -> any Model
}

/// Every family, and loading by a checkpoint's own config.
public enum ModelRegistry {
  private static let families: [any ModelFamily.Type] = [BERTFamily.self, LLaMAFamily.self]

  public static var modelTypes: [String] { families.flatMap { $0.modelTypes } }

  private static func family(of config: HuggingFaceConfig) throws(CheckpointError) -> any ModelFamily.Type {
    let type = try config.string("model_type")
    guard let family = families.first(where: { $0.modelTypes.contains(type) }) else {
      throw config.unsupported("model_type", expected: "one of \(modelTypes.joined(separator: ", "))")
    }
    return family
  }

  /// A model with uninitialized weights.
  public static func make(_ config: HuggingFaceConfig, head: HeadKind, dropout: Double?) throws(CheckpointError)
    -> any Model
  {
    try family(of: config).make(config, head: head, dropout: dropout)
  }

  /// A model with fresh weights drawn from `seed`.
  public static func fresh(_ config: HuggingFaceConfig, head: HeadKind, dropout: Double?, seed: UInt64)
    throws(CheckpointError) -> any Model
  {
    let model = try make(config, head: head, dropout: dropout)
    let deviation = try config.number("initializer_range", in: 0...10, default: 0.02)
    for parameter in model.parameters { parameter.initialize(standardDeviation: deviation, seed: seed) }
    return model
  }

  /// A model with the weights of `folder`; what the folder lacks of the head is initialised from `seed`.
  ///
  /// - Parameter randomInit: takes the config only, and initialises everything.
  public static func load(
    _ folder: CheckpointFolder, head: HeadKind, dropout: Double?, seed: UInt64, randomInit: Bool = false
  ) throws(CheckpointError) -> (model: any Model, report: WeightReport) {
    guard !randomInit else {
      return (try fresh(folder.config, head: head, dropout: dropout, seed: seed), WeightReport())
    }
    let family = try family(of: folder.config)
    let model = try family.make(folder.config, head: head, dropout: dropout)
    let deviation = try folder.config.number("initializer_range", in: 0...10, default: 0.02)
    let report = try WeightLoader.load(model.parameters, from: folder, names: family.weightNames)
    let created = Set(report.created)
    for parameter in model.parameters where created.contains(parameter.name) {
      parameter.initialize(standardDeviation: deviation, seed: seed)
    }
    return (model, report)
  }
}

extension HuggingFaceConfig {
  /// Refuses a config whose weights alone exceed this machine's memory, before anything of that size is asked for.
  func requireMemory(forParameters count: Double) throws(CheckpointError) {
    let (bytes, memory) = (count * 4, Double(ProcessInfo.processInfo.physicalMemory))
    guard bytes <= memory else {
      throw .unsupported(
        path: path, what: "a model of", found: "\(Int(min(bytes, 1e18) / 1_048_576)) MiB of weights",
        expected: "at most this machine's \(Int(memory / 1_048_576)) MiB: check its sizes")
    }
  }
}

extension Parameter {
  /// Fresh weights as transformers draws them: N(0, `initializer_range`), biases 0, norm weights 1.
  ///
  /// The numbers depend on the seed and the parameter's name only.
  public func initialize(standardDeviation: Double, seed: UInt64) {
    if name.hasSuffix("bias") {
      value.fill(0)
    } else if role == .norm {
      value.fill(1)
    } else {
      RandomGenerator(seed: seed).stream("init:" + name).fillNormal(value, standardDeviation: standardDeviation)
    }
  }
}
