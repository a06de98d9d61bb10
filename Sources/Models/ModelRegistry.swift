import Checkpoints
import Foundation
import Support
import Tensors

/// Returns whether a parameter is trained. The other parameters are frozen.
package typealias TrainablePredicate = (ParameterShape) -> Bool

/// All model families. The config of a checkpoint decides which family builds its model.
package enum ModelRegistry {
  private static let families: [any ModelFamily.Type] = [
    BERTFamily.self, RoBERTaFamily.self, ALBERTFamily.self, GPT2Family.self, LLaMAFamily.self,
    MistralFamily.self, Qwen2Family.self, Qwen3Family.self,
  ]

  /// The values of `model_type` in `config.json` that are supported, e.g. `bert`.
  package static var modelTypes: [String] { families.flatMap { $0.modelTypes } }

  private static func family(of config: HuggingFaceConfig) throws(CheckpointError) -> any ModelFamily.Type {
    let type = try config.string("model_type")
    guard let family = families.first(where: { $0.modelTypes.contains(type) }) else {
      throw config.unsupported("model_type", expected: "one of \(modelTypes.joined(separator: ", "))")
    }
    return family
  }

  /// Whether models of a config's family have such a head. For example, an encoder has no language model's head.
  ///
  /// - Throws: ``CheckpointError`` for a `model_type` that is not supported.
  package static func supports(_ head: HeadKind, _ config: HuggingFaceConfig) throws(CheckpointError) -> Bool {
    try family(of: config).supports(head)
  }

  /// The names, roles and shapes of a model's parameters. No weights are allocated.
  package static func parameterShapes(_ config: HuggingFaceConfig, head: HeadKind) throws(CheckpointError)
    -> [ParameterShape]
  {
    try outline(config, head: head).parameters
  }

  /// What a config alone says of a model. No weights are allocated.
  package static func outline(
    _ config: HuggingFaceConfig, head: HeadKind, weights: Precision = .float32,
    isTrainable: @escaping TrainablePredicate = { _ in true }, adapter: (any Adapter)? = nil
  ) throws(CheckpointError) -> ModelOutline {
    let list = ParameterList(for: head, allocates: false, weights: weights, isTrainable: isTrainable, adapter: adapter)
    let model = try family(of: config).make(config, head: head, dropout: nil, list)
    if let name = adapter?.targets?.unmatched(list.linearLayers) {
      var ends: [String] = []
      for layer in list.linearLayers {
        let end = layer.split(separator: ".").drop { Int($0) == nil }.dropFirst().joined(separator: ".")
        if !end.isEmpty, !ends.contains(end) { ends.append(end) }
      }
      throw .unsupported(
        path: config.path, what: "an adapter's target:", found: name,
        expected: "one of its layers (\(ends.joined(separator: ", "))), a part "
          + "(\(AdapterTargets.partNames.joined(separator: ", "))), or \(AdapterTargets.all)")
    }
    guard model.maximumLength > 0 else {
      throw .unsupported(
        path: config.path, what: "an adapter's length:", found: "\(adapter?.virtualTokens ?? 0) virtual tokens",
        expected: "fewer than the model has positions for")
    }
    return ModelOutline(
      parameters: list.parameters.map(\.layout), linearLayers: list.linearLayers, virtualWidths: list.virtualWidths,
      vocabularySize: model.vocabularySize, maximumLength: model.maximumLength)
  }

  /// A model for a dry run, in which weights take no memory. The model may have any size.
  package static func makeForDryRun(
    _ config: HuggingFaceConfig, head: HeadKind, dropout: Double?, adapter: (any Adapter)? = nil
  ) throws(CheckpointError) -> any Model {
    precondition(DryRun.isOn)
    return try family(of: config).make(config, head: head, dropout: dropout, ParameterList(for: head, adapter: adapter))
  }

  /// A model with uninitialized weights.
  ///
  /// - Throws: ``CheckpointError`` for a config that is not supported, or whose weights exceed this machine's memory.
  package static func make(
    _ config: HuggingFaceConfig, head: HeadKind, dropout: Double?, weights: Precision = .float32,
    isTrainable: @escaping TrainablePredicate = { _ in true }, adapter: (any Adapter)? = nil
  ) throws(CheckpointError) -> any Model {
    try make(
      config, head: head, dropout: dropout,
      ParameterList(for: head, weights: weights, isTrainable: isTrainable, adapter: adapter))
  }

  private static func make(_ config: HuggingFaceConfig, head: HeadKind, dropout: Double?, _ list: ParameterList)
    throws(CheckpointError) -> any Model
  {
    try config.requireMemory(for: outline(config, head: head, weights: list.weights, adapter: list.adapter).parameters)
    return try family(of: config).make(config, head: head, dropout: dropout, list)
  }

  /// A model with fresh weights drawn from `seed`, as transformers draws them.
  package static func fresh(
    _ config: HuggingFaceConfig, head: HeadKind, dropout: Double?, seed: UInt64, weights: Precision = .float32,
    isTrainable: @escaping TrainablePredicate = { _ in true }, adapter: (any Adapter)? = nil
  ) throws(CheckpointError) -> any Model {
    let model = try make(
      config, head: head, dropout: dropout, weights: weights, isTrainable: isTrainable, adapter: adapter)
    try initialize(model, model.parameters, config, seed: seed)
    try adapter?.prepare(model.parameters, isFresh: true, seed: seed, path: config.path)
    return model
  }

  /// A model with the weights of `folder`. Weights of the head that the folder lacks are initialised from `seed`, and so
  /// are adapters.
  ///
  /// Frozen float32 weights are not copied. The file that holds them stays memory-mapped for as long as the model
  /// lives.
  ///
  /// - Parameters:
  ///   - newOutputLayer: initialises the head's output layer even where the folder has one; not for language models.
  ///   - isTrainable: which parameters are trained; the others are frozen. `{ $0.isOfHead }` trains the head alone.
  ///   - trained: the adapter's values where it was trained before, and the head that was trained with it.
  package static func load(
    _ folder: CheckpointFolder, head: HeadKind, dropout: Double?, seed: UInt64,
    newOutputLayer: Bool = false, weights: Precision = .float32,
    isTrainable: @escaping TrainablePredicate = { _ in true }, adapter: (any Adapter)? = nil,
    trained: AdapterFolder? = nil
  ) throws(CheckpointError) -> (model: any Model, report: WeightReport) {
    let model = try make(
      folder.config, head: head, dropout: dropout,
      ParameterList(for: head, weights: weights, isTrainable: isTrainable, adapter: adapter, allocatesFrozen: false))
    let names = try family(of: folder.config).weightNames(folder.config, head: head)
    let passedOver = newOutputLayer ? Set(try outputLayer(folder.config, head).map(\.name)) : []
    var report = try WeightLoader.load(
      model.parameters.filter { !$0.layout.isAdapter }, from: folder, names: names,
      // The head that was trained with an adapter may have another size than the one that it replaces.
      passedOver: passedOver.union(model.parameters.map(\.name).filter { trained?.shape(of: $0) != nil }))
    let created = Set(report.created)
    try initialize(
      model, model.parameters.filter { $0.layout.isAdapter || created.contains($0.name) }, folder.config, seed: seed)
    try adapter?.prepare(model.parameters, isFresh: trained == nil, seed: seed, path: folder.path)
    if let trained {
      let read = try trained.read(into: model.parameters, passedOver: passedOver)
      report.created.removeAll(where: read.contains)
    }
    return (model, report)
  }

  /// The parameters of a head's output layer. A classifier's are those whose shape depends on the number of labels;
  /// those of multiple choice have one output, and those of span extraction are what a classifier has not.
  private static func outputLayer(_ config: HuggingFaceConfig, _ head: HeadKind) throws(CheckpointError)
    -> [ParameterShape]
  {
    if head == .multipleChoice {
      return try parameterShapes(config, head: head).filter { $0.isOfHead && $0.shape.first == 1 }
    }
    let (two, three) = try (
      parameterShapes(config, head: .classification(labels: 2)),
      parameterShapes(config, head: .classification(labels: 3))
    )
    guard head == .spanExtraction else { return zip(two, three).filter { $0.shape != $1.shape }.map(\.0) }
    let others = Set(two.map(\.name))
    return try parameterShapes(config, head: head).filter { !others.contains($0.name) }
  }

  /// The number of rows of a head's output layer in a folder; `nil` when the folder has no such layer.
  ///
  /// - Parameter head: a head that is no language model's.
  package static func storedOutputs(
    _ folder: CheckpointFolder, head: HeadKind = .classification(labels: 2), adapter: AdapterFolder? = nil
  ) throws(CheckpointError) -> Int? {
    let names = try family(of: folder.config).weightNames(folder.config, head: head)
    for parameter in try outputLayer(folder.config, head) {
      if let shape = adapter?.shape(of: parameter.name) { return shape.first }
      if let entry = WeightLoader.entry(parameter.name, in: folder, names: names) { return entry.shape.first }
    }
    return nil
  }

  /// The class name in transformers of a model, e.g. `BertForSequenceClassification`. No weights are allocated.
  package static func architecture(_ config: HuggingFaceConfig, head: HeadKind) throws(CheckpointError) -> String {
    try family(of: config).make(config, head: head, dropout: nil, ParameterList(for: head, allocates: false))
      .architecture
  }

  /// How the weights of a folder fit a model of its config, and the model's parameters. Nothing is read.
  package static func match(_ folder: CheckpointFolder, head: HeadKind) throws(CheckpointError)
    -> (parameters: [ParameterShape], weights: WeightMatch)
  {
    let names = try family(of: folder.config).weightNames(folder.config, head: head)
    let parameters = try parameterShapes(folder.config, head: head)
    return (parameters, try WeightMatch(parameters, in: folder, names: names))
  }

  /// The number of rows of a head's output layer in an adapter's folder; `nil` where it has no such layer.
  static func adapterOutputs(_ adapter: AdapterFolder, _ config: HuggingFaceConfig, head: HeadKind)
    throws(CheckpointError) -> Int?
  {
    for parameter in try outputLayer(config, head) {
      if let shape = adapter.shape(of: parameter.name) { return shape.first }
    }
    return nil
  }

  private static func initialize(
    _ model: any Model, _ parameters: [Parameter], _ config: HuggingFaceConfig, seed: UInt64
  ) throws(CheckpointError) {
    let range = try config.number("initializer_range", in: 0...10, default: 0.02)
    for parameter in parameters {
      if !parameter.hasValue { parameter.replaceValue(Tensor(uninitialized: parameter.shape)) }
      guard parameter.layout.adapterStart == nil else {
        parameter.initializeAdapter(seed: seed)
        continue
      }
      parameter.initialize(standardDeviation: model.initialDeviation(of: parameter, range: range), seed: seed)
    }
  }
}

/// What a config alone says of a model.
package struct ModelOutline: Sendable {
  /// The parameters in the order of the forward pass.
  package let parameters: [ParameterShape]
  /// The linear layers below the head, by the names of their weights without `.weight`.
  package let linearLayers: [String]
  let virtualWidths: VirtualTokens.Widths?
  package let vocabularySize: Int
  /// The longest sequence that the model has positions for, in tokens.
  package let maximumLength: Int
}

extension HuggingFaceConfig {
  /// Refuses a config whose weights alone exceed this machine's memory, before any weights are allocated.
  fileprivate func requireMemory(for shapes: [ParameterShape]) throws(CheckpointError) {
    // The sizes are multiplied in Double, because those of a damaged config may overflow an integer.
    let bytes = shapes.reduce(0.0) { $0 + $1.shape.reduce(Double($1.type.size)) { $0 * Double($1) } }
    let memory = Double(ProcessInfo.processInfo.physicalMemory)
    guard bytes <= memory else {
      throw .unsupported(
        path: path, what: "a model of", found: "\(Mebibytes.needed(Int(min(bytes, 1e18)))) of weights",
        expected: "at most this machine's \(Mebibytes.available(Int(memory))): check its sizes")
    }
  }
}
