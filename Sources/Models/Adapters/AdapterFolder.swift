import Checkpoints
import Support
import Tensors

/// A folder of adapters in peft's layout: `adapter_config.json` and `adapter_model.safetensors`.
///
///     {"peft_type": "LORA", "base_model_name_or_path": "/models/minilm", "r": 8, "lora_alpha": 16,
///      "target_modules": ["query", "value"], "modules_to_save": ["classifier"], …}
package struct AdapterFolder {
  package let path: String
  package let adapter: any Adapter
  /// The checkpoint that the adapters belong to, as the folder names it; `nil` where it names none.
  package let base: String?
  /// peft's `task_type`; `nil` where it has none.
  private let task: String?
  private let weights: any WeightFile

  package static let configFile = "adapter_config.json"
  package static let weightFile = "adapter_model.safetensors"
  /// What older releases of peft save.
  private static let pickledFile = "adapter_model.bin"

  /// What peft puts before the name of a parameter.
  private static func stored(_ name: String, _ adapter: any Adapter) -> String {
    guard adapter.standsBeside else { return "base_model.model." + name }
    return name == VirtualTokens.name ? name : "base_model." + name
  }

  /// The file of the adapters' weights.
  package var weightPath: String { weights.path }

  /// Whether a folder holds adapters.
  package static func exists(at path: String) -> Bool { Files.exists(path + "/" + configFile) }

  /// - Throws: ``CheckpointError`` or `FileError` naming the file and, for a setting that is not supported, its key.
  package init(path: String) throws {
    let config = try HuggingFaceConfig(path: path + "/" + AdapterFolder.configFile)
    guard
      let file = [AdapterFolder.weightFile, AdapterFolder.pickledFile].first(where: { Files.exists(path + "/" + $0) })
    else {
      throw CheckpointError.missingFile(
        folder: path, file: AdapterFolder.weightFile, remedy: "\(AdapterFolder.configFile) says that it holds adapters")
    }
    self.path = path
    adapter = try AdapterTypes.read(config)
    base = config.json["base_model_name_or_path"]?.string
    task = config.json["task_type"]?.string
    weights = try WeightFiles.open(path + "/" + file)
  }

  /// The head that the adapters were trained with.
  ///
  /// - Parameters:
  ///   - config: the adapter folder's own, else that of the base.
  ///   - base: the config of the checkpoint that the adapters belong to.
  /// - Throws: ``CheckpointError`` where it cannot be told.
  package func head(_ config: HuggingFaceConfig, _ base: HuggingFaceConfig) throws(CheckpointError) -> HeadKind {
    switch task {
    case "CAUSAL_LM": return .languageModel
    case "QUESTION_ANS": return .spanExtraction
    case "SEQ_CLS":
      guard let outputs = try ModelRegistry.adapterOutputs(self, base, head: .classification(labels: 2)) else { break }
      let isRegression = config.json["problem_type"]?.string == "regression" || outputs == 1
      return isRegression ? .regression : .classification(labels: outputs)
    // peft has no task type for the others, whose head tells what they are.
    case nil where try ModelRegistry.supports(.multipleChoice, base):
      switch try ModelRegistry.adapterOutputs(self, base, head: .multipleChoice) {
      case 1: return .multipleChoice
      case nil: return .maskedLanguageModel
      default: break
      }
    default: break
    }
    throw .unsupported(
      path: path + "/" + AdapterFolder.configFile, what: "an adapter with task_type", found: task ?? "none",
      expected: "SEQ_CLS, QUESTION_ANS or CAUSAL_LM, with the head that it was trained with")
  }

  /// The SHA-256 of the config but for the path of the checkpoint.
  package func configDigest() throws -> String {
    var config = try HuggingFaceConfig(path: path + "/" + AdapterFolder.configFile)
    config.set("base_model_name_or_path", nil)
    return Digest.sha256(config.serialized())
  }

  /// The shape of a parameter of the head; `nil` where the folder holds none.
  func shape(of name: String) -> [Int]? { weights.entry(AdapterFolder.stored(name, adapter))?.shape }

  /// Sets the adapters of a model, and the weights of its head that were trained with them.
  ///
  /// - Parameter passedOver: names of parameters that keep their values.
  /// - Returns: the names of the parameters that were set.
  /// - Throws: ``CheckpointError`` listing missing or unexpected tensors, or naming one of a wrong shape.
  func read(into parameters: [Parameter], passedOver: Set<String>) throws(CheckpointError) -> Set<String> {
    var left = Set(weights.entries.map(\.name))
    var (read, missing): (Set<String>, [String]) = ([], [])
    for parameter in parameters where parameter.layout.isAdapter || parameter.layout.isOfHead {
      let stored = AdapterFolder.stored(parameter.name, adapter)
      guard left.remove(stored) != nil else {
        if parameter.layout.isAdapter { missing.append(stored) }
        continue
      }
      guard !passedOver.contains(parameter.name) else { continue }
      // A frozen value may lie in a file that is mapped read-only.
      if !parameter.isTrainable { parameter.replaceValue(Tensor(uninitialized: parameter.shape)) }
      try parameter.setValue { tensor throws(CheckpointError) in
        try weights.read(stored, into: tensor, finite: true)
      }
      read.insert(parameter.name)
    }
    guard missing.isEmpty, left.isEmpty else {
      throw .weights(path: weightPath, missing: missing, unexpected: left.sorted())
    }
    return read
  }

  /// Writes the adapters of a model and the trained weights of its head, the weights last.
  ///
  /// - Parameters:
  ///   - outline: what the model's config says of it.
  ///   - base: the path of the checkpoint that the adapters belong to.
  ///   - source: the folder that the adapters were read from. Weights of a head that it holds are kept, though no method
  ///     trains a language model's.
  /// - Throws: `FileError`.
  package static func write(
    _ parameters: [Parameter], _ adapter: any Adapter, _ outline: ModelOutline, head: HeadKind, base: String,
    from source: AdapterFolder? = nil, to folder: String
  ) throws {
    let saved = parameters.filter {
      $0.layout.isAdapter || $0.layout.isOfTaskHead || $0.layout.isOfHead && source?.shape(of: $0.name) != nil
    }
    let heads = headModules(of: saved.filter { !$0.layout.isAdapter }, parameters)
    var config = JSONObject([
      "peft_type": .text(adapter.peftType), "task_type": taskType(head), "base_model_name_or_path": .text(base),
      "modules_to_save": heads.isEmpty ? .null : .array(heads.map(JSON.text)), "inference_mode": .bool(true),
    ])
    if let targets = adapter.targets {
      config["target_modules"] = .array(targets.peftNames(outline.linearLayers).map(JSON.text))
    }
    let model = AdaptedModel(
      linearLayers: outline.linearLayers, virtual: outline.virtualWidths,
      isTransposed: parameters.contains { $0.role == .matrix && $0.layout.outputAxis == 1 })
    for member in adapter.members(model).members { config[member.key.description] = member.value }
    try Files.makeFolders(folder)
    try Files.writeAtomically(folder + "/" + configFile, JSON.object(config).serialized())
    try SafetensorsWriter.write(
      saved.map { (stored($0.name, adapter), $0.stored) }, to: folder + "/" + weightFile)
  }

  private static func taskType(_ head: HeadKind) -> JSON {
    switch head {
    case .classification, .regression: .text("SEQ_CLS")
    case .spanExtraction: .text("QUESTION_ANS")
    case .languageModel: .text("CAUSAL_LM")
    // peft has no task type for these; it then adds nothing of its own.
    case .multipleChoice, .maskedLanguageModel: .null
    }
  }

  /// The modules of the head as peft wraps them: the first component of a name that the transformer's names do not have.
  private static func headModules(of saved: [Parameter], _ parameters: [Parameter]) -> [String] {
    func components(_ parameter: Parameter) -> [Substring] { parameter.name.split(separator: ".") }
    let bases = Set(
      parameters.filter { !$0.layout.isOfHead && !$0.layout.isAdapter }.compactMap { components($0).first })
    var modules: [String] = []
    for parameter in saved {
      guard let module = components(parameter).first(where: { !bases.contains($0) }).map(String.init) else { continue }
      if !modules.contains(module) { modules.append(module) }
    }
    return modules
  }
}
