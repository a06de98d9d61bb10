import Checkpoints
import Support
import Tensors

/// A folder of adapters in peft's layout: `adapter_config.json` and `adapter_model.safetensors`.
///
///     {"peft_type": "LORA", "base_model_name_or_path": "/models/minilm", "r": 8, "lora_alpha": 16,
///      "target_modules": ["query", "value"], "modules_to_save": ["classifier"], …}
package struct AdapterFolder {
  package let path: String
  package let settings: LoRASettings
  /// The checkpoint that the adapters belong to, as the folder names it; `nil` where it names none.
  package let base: String?
  /// peft's `task_type`; `nil` where it has none.
  private let task: String?
  private let weights: SafetensorsFile

  package static let configFile = "adapter_config.json"
  package static let weightFile = "adapter_model.safetensors"
  private static let prefix = "base_model.model."

  /// The file of the adapters' weights.
  package var weightPath: String { path + "/" + AdapterFolder.weightFile }

  /// Whether a folder holds adapters.
  package static func exists(at path: String) -> Bool { Files.exists(path + "/" + configFile) }

  /// - Throws: ``CheckpointError`` or `FileError` naming the file and, for a setting that is not supported, its key.
  package init(path: String) throws {
    let config = try HuggingFaceConfig(path: path + "/" + AdapterFolder.configFile)
    guard Files.exists(path + "/" + AdapterFolder.weightFile) else {
      throw CheckpointError.missingFile(
        folder: path, file: AdapterFolder.weightFile, remedy: "\(AdapterFolder.configFile) says that it holds adapters")
    }
    self.path = path
    settings = try LoRASettings(config)
    base = config.json["base_model_name_or_path"]?.string
    task = config.json["task_type"]?.string
    weights = try SafetensorsFile(path: path + "/" + AdapterFolder.weightFile)
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
    default:
      if try ModelRegistry.adapterOutputs(self, base, head: .multipleChoice) != nil { return .multipleChoice }
      if try ModelRegistry.supports(.maskedLanguageModel, base) { return .maskedLanguageModel }
    }
    throw .unsupported(
      path: path + "/" + AdapterFolder.configFile, what: "an adapter with task_type", found: task ?? "none",
      expected: "SEQ_CLS, QUESTION_ANS or CAUSAL_LM, with the head that it was trained with")
  }

  /// The shape of a parameter of the head; `nil` where the folder holds none.
  func shape(of name: String) -> [Int]? { weights.entry(AdapterFolder.prefix + name)?.shape }

  /// Sets the adapters of a model, and the weights of its head that were trained with them.
  ///
  /// - Parameter passedOver: names of parameters that keep their values.
  /// - Returns: the names of the parameters that were set.
  /// - Throws: ``CheckpointError`` listing missing or unexpected tensors, or naming one of a wrong shape.
  func read(into parameters: [Parameter], passedOver: Set<String>) throws(CheckpointError) -> Set<String> {
    var left = Set(weights.entries.map(\.name))
    var (read, missing): (Set<String>, [String]) = ([], [])
    for parameter in parameters where parameter.layout.isAdapter || parameter.layout.isOfHead {
      let stored = AdapterFolder.prefix + parameter.name
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
  ///   - base: the path of the checkpoint that the adapters belong to.
  ///   - linearLayers: the names of the model's linear layers.
  /// - Throws: `FileError`.
  package static func write(
    _ parameters: [Parameter], _ settings: LoRASettings, head: HeadKind, base: String, linearLayers: [String],
    to folder: String
  ) throws {
    let saved = parameters.filter { $0.layout.isAdapter || $0.layout.isOfTaskHead }
    let isTransposed = parameters.contains { $0.role == .matrix && $0.layout.outputAxis == 1 }
    let config = settings.peftConfig(
      head: head, base: base, targets: settings.targets.peftNames(linearLayers),
      saved: headModules(parameters), isTransposed: isTransposed)
    try Files.makeFolders(folder)
    try Files.writeAtomically(folder + "/" + configFile, JSON.object(config).serialized())
    try SafetensorsWriter.write(saved.map { (prefix + $0.name, $0.stored) }, to: folder + "/" + weightFile)
  }

  /// The modules of the head as peft wraps them: the first component of a name that the transformer's names do not have.
  private static func headModules(_ parameters: [Parameter]) -> [String] {
    func components(_ parameter: Parameter) -> [Substring] { parameter.name.split(separator: ".") }
    let bases = Set(parameters.filter { !$0.layout.isOfHead }.compactMap { components($0).first })
    var modules: [String] = []
    for parameter in parameters where parameter.layout.isOfTaskHead {
      guard let module = components(parameter).first(where: { !bases.contains($0) }).map(String.init) else { continue }
      if !modules.contains(module) { modules.append(module) }
    }
    return modules
  }
}

extension LoRASettings {
  /// Reads peft's settings.
  fileprivate init(_ config: HuggingFaceConfig) throws(CheckpointError) {
    self.init()
    let type = try config.string("peft_type")
    guard type == "LORA" else { throw config.unsupported("peft_type", expected: "LORA") }
    rank = try config.integer("r", in: 1...65_536, default: 8)
    alpha = try config.number("lora_alpha", in: 0...1e9, default: 8)
    dropout = try config.number("lora_dropout", in: 0...0.999, default: 0)
    isRankStabilized = try config.bool("use_rslora", default: false)
    let names = config.json["target_modules"]?.array?.compactMap(\.string) ?? []
    if config.json["target_modules"]?.string == AdapterTargets.all {
      targets = AdapterTargets([AdapterTargets.all])
    } else {
      guard !names.isEmpty, names.count == config.json["target_modules"]?.array?.count else {
        throw config.unsupported(
          "target_modules", expected: "the names of layers, or \(AdapterTargets.all); a pattern is not supported")
      }
      targets = AdapterTargets(names)
    }
    for member in config.json.members where !LoRASettings.isEmpty(member.value) {
      let key = member.key.description
      if let expected = LoRASettings.usual[key] {
        guard expected.contains(member.value) else {
          throw config.unsupported(key, expected: expected.map(\.summary).joined(separator: " or "))
        }
      } else if !LoRASettings.harmless.contains(key) {
        throw config.unsupported(key, expected: "no such setting, since its effect is not known here")
      }
    }
  }

  /// What other values would make another function of the same weights. With PiSSA, OLoRA and the like, peft changes the
  /// weights of the base when it loads the adapter.
  private static let usual: [String: [JSON]] = [
    "bias": [.text("none")],
    "init_lora_weights": [.bool(true), .text("gaussian"), .text("orthogonal"), .text("eva")],
  ]
  /// Keys that are read elsewhere, or tell only how the weights came about.
  private static let harmless: Set = [
    "auto_mapping", "base_model_name_or_path", "ensure_weight_tying", "eva_config", "fan_in_fan_out", "inference_mode",
    "lora_alpha", "lora_dropout", "megatron_core", "modules_to_save", "peft_type", "peft_version", "qalora_group_size",
    "r",
    "revision", "runtime_config", "target_modules", "task_type", "use_rslora",
  ]

  private static func isEmpty(_ value: JSON) -> Bool {
    value.isNull || value.bool == false || value.array?.isEmpty == true || value.object?.members.isEmpty == true
  }

  /// The settings as peft reads them.
  fileprivate func peftConfig(
    head: HeadKind, base: String, targets: [String], saved: [String], isTransposed: Bool
  ) -> JSONObject {
    let task: JSON =
      switch head {
      case .classification, .regression: .text("SEQ_CLS")
      case .spanExtraction: .text("QUESTION_ANS")
      case .languageModel: .text("CAUSAL_LM")
      // peft has no task type for these; it then adds nothing of its own.
      case .multipleChoice, .maskedLanguageModel: .null
      }
    return JSONObject([
      "peft_type": .text("LORA"), "task_type": task, "base_model_name_or_path": .text(base), "r": .integer(rank),
      "lora_alpha": Int(exactly: alpha).map(JSON.integer) ?? .real(alpha), "lora_dropout": .real(dropout),
      "use_rslora": .bool(isRankStabilized), "target_modules": .array(targets.map(JSON.text)), "bias": .text("none"),
      "fan_in_fan_out": .bool(isTransposed), "modules_to_save": saved.isEmpty ? .null : .array(saved.map(JSON.text)),
      "inference_mode": .bool(true), "init_lora_weights": .bool(true),
    ])
  }
}
