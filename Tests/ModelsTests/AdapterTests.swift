import Checkpoints
import Foundation
import Models
import Optimizers
import Support
import Tensors
import TestSupport
import Testing

/// Adapters against peft, and bottleneck adapters against their rule, from the folders under Tests/Fixtures/adapters
/// (Tools/make_adapter_fixtures.py).
@Suite(.serialized) struct AdapterTests {
  static let mergeable = [
    "bert-lora", "bert-all", "gpt2-lora", "llama-lm", "llama-all", "roberta-lora", "bert-dora", "gpt2-dora",
    "llama-dora",
    "bert-pissa", "gpt2-pissa", "bert-ia3", "roberta-ia3", "gpt2-ia3", "llama-ia3",
  ]
  static let others = [
    "bert-prefix", "roberta-prefix", "gpt2-prefix", "llama-prefix", "bert-prompt", "roberta-prompt", "llama-prompt",
    "bert-series", "llama-series", "gpt2-series", "llama-parallel", "gpt2-parallel",
  ]
  static let names = mergeable + others

  struct Expected {
    let checkpoint: CheckpointFolder
    let head: HeadKind
    let rate: Double
    let batch: PackedBatch
    let targets: HeadTargets
    let weight: Double
    let losses: [Double]
    let logits: [Float]
    /// Of a language model's logits, one in so many is compared.
    let stride: Int
    let folder: String

    init(_ name: String) throws {
      folder = SharedData.fixture("adapters/\(name)")
      let json = try JSON.parse(Files.read(folder + "/expected.json"))
      checkpoint = try CheckpointFolder(
        path: SharedData.fixture("models/\(try #require(json["checkpoint"]?.string))"))
      let isLanguageModel = json["head"]?.string == "language_model"
      head = isLanguageModel ? .languageModel : .classification(labels: 2)
      rate = try #require(json["rate"]?.double)
      let sequences = try #require(json["sequences"]?.array).map {
        ($0.array ?? []).compactMap { $0.integer.map(Int32.init) }
      }
      batch = PackedBatch(sequences)
      let labels = try #require(json["labels"]?.array).compactMap(\.integer)
      targets = isLanguageModel ? .nextTokens : .classes(labels)
      weight = Double(isLanguageModel ? sequences.reduce(0) { $0 + $1.count - 1 } : labels.count)
      losses = try #require(json["losses"]?.array).compactMap(\.double)
      logits = try #require(json["logits"]?.array).compactMap { $0.double.map(Float.init) }
      stride = try #require(json["stride"]?.integer)
    }

    func load(_ part: String) throws -> (any Model, AdapterFolder) {
      let adapter = try AdapterFolder(path: folder + "/" + part)
      // peft's prompt learning trains the classifier and not the pooler.
      let isBeside = adapter.adapter.standsBeside
      let (model, report) = try ModelRegistry.load(
        checkpoint, head: head, dropout: 0, seed: 1,
        isTrainable: { $0.isAdapter || $0.isOfTaskHead && !(isBeside && $0.name.contains("pooler")) },
        adapter: adapter.adapter, trained: adapter)
      #expect(report.created.isEmpty)
      return (model, adapter)
    }

    func logits(of model: any Model) -> [Float] {
      let values = model.logits(batch, on: Tape(isTraining: false)).value.values
      return Swift.stride(from: 0, to: values.count, by: stride).map { values[$0] }
    }
  }

  @Test(arguments: names, [1, 2]) func lossesAndLogits(_ name: String, threads: Int) throws {
    ThreadPool.shared.configure(threads: threads)
    let expected = try Expected(name)
    let (model, _) = try expected.load("before")
    let optimizer = try Optimizer(
      "adamw", options: [("beta1", "0.9"), ("beta2", "0.999"), ("eps", "1e-8")], parameters: model.parameters,
      weightDecay: 0)
    #expect(expected.losses.count == 20)
    for (step, loss) in expected.losses.enumerated() {
      let tape = Tape(isTraining: true)
      let found = model.loss(expected.targets, of: expected.batch, mass: .plain, weight: expected.weight, on: tape)
      #expect(abs(Double(found.value.values[0]) - loss) < 5e-5, "step \(step + 1)")
      tape.backward(found)
      // Nothing that is frozen has a gradient.
      for parameter in model.parameters { #expect((parameter.gradient != nil) == parameter.isTrainable) }
      try optimizer.takeStep(learningRate: expected.rate)
      for parameter in model.parameters { parameter.clearGradient() }
    }
    #expect(largestDifference(expected.logits(of: model), expected.logits) < 2e-3)
    let (after, _) = try expected.load("after")
    #expect(largestDifference(expected.logits(of: after), expected.logits) < 1e-4)
  }

  /// The layer's own weight takes what the adapter does.
  @Test(arguments: mergeable) func merged(_ name: String) throws {
    let expected = try Expected(name)
    let adapter = try AdapterFolder(path: expected.folder + "/after")
    let (model, _) = try ModelRegistry.load(
      expected.checkpoint, head: expected.head, dropout: 0, seed: 1, adapter: adapter.adapter, trained: adapter)
    try adapter.adapter.merge(model.parameters, path: adapter.path)
    let (plain, _) = try ModelRegistry.load(expected.checkpoint, head: expected.head, dropout: 0, seed: 1)
    let values = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.value) })
    for parameter in plain.parameters {
      let value = try #require(values[parameter.name])
      parameter.setValue { $0.copyValues(from: value) }
    }
    #expect(largestDifference(expected.logits(of: plain), expected.logits) < 1e-4)
  }

  /// What is written reads back as the same model, and names its layers as peft does.
  @Test(arguments: names) func written(_ name: String) throws {
    let expected = try Expected(name)
    let (model, adapter) = try expected.load("after")
    let outline = try ModelRegistry.outline(expected.checkpoint.config, head: expected.head, adapter: adapter.adapter)
    let folder = try TemporaryFolder()
    try AdapterFolder.write(
      model.parameters, adapter.adapter, outline, head: expected.head, base: "there", to: folder.path + "/saved")
    let again = try AdapterFolder(path: folder.path + "/saved")
    #expect(again.base == "there" && again.adapter.peftType == adapter.adapter.peftType)
    #expect((again.adapter as? LoRA)?.scaling == (adapter.adapter as? LoRA)?.scaling)
    let (other, _) = try ModelRegistry.load(
      expected.checkpoint, head: expected.head, dropout: 0, seed: 9, adapter: again.adapter, trained: again)
    #expect(expected.logits(of: other) == expected.logits(of: model))
    let (ours, theirs) = (
      try SafetensorsFile(path: again.weightPath), try SafetensorsFile(path: adapter.weightPath)
    )
    let (names, expectedNames) = (Set(ours.entries.map(\.name)), Set(theirs.entries.map(\.name)))
    #expect(names.isSuperset(of: expectedNames))
    // Here the pooler is saved with the classifier, which peft's prompt learning leaves as it is.
    #expect(names.subtracting(expectedNames).allSatisfy { $0.contains("pooler") })
    let (written, read) = try (
      HuggingFaceConfig(path: folder.path + "/saved/adapter_config.json").json,
      HuggingFaceConfig(path: adapter.path + "/adapter_config.json").json
    )
    for key in ["task_type", "num_virtual_tokens", "token_dim", "num_layers", "num_attention_heads", "use_dora", "r"] {
      #expect(written[key] == read[key] || read[key] == nil, "\(key)")
    }
  }

  /// A layer that computes some of its outputs has the adapter's part of these.
  @Test func someOutputs() {
    func parameter(_ name: String, _ shape: [Int]) -> Parameter {
      let tensor = Tensor(uninitialized: shape)
      RandomGenerator(seed: 3).stream(name).fillNormal(tensor)
      return Parameter(name: name, role: .matrix, value: tensor)
    }
    let (a, b) = (parameter("a", [3, 7]), parameter("b", [10, 3]))
    let x = parameter("x", [5, 7]).value
    func pass(_ outputs: Range<Int>, _ gradient: [Float]) -> (values: [Float], a: [Float], b: [Float], x: [Float]) {
      let tape = Tape(isTraining: true)
      let input = tape.input(x)
      let base = tape.constant(Tensor(zeros: [5, outputs.count]))
      let sum = tape.addLinear(
        to: base, tape.linear(input, weight: a), weight: b, scale: 0.5, outputs: outputs)
      let values = sum.value.values
      tape.backward(from: sum, gradient: Tensor(gradient, shape: [5, outputs.count]))
      defer { for parameter in [a, b] { parameter.clearGradient() } }
      return (
        values, a.gradient?.values ?? [], b.gradient?.values ?? [], tape.gradient(of: input)?.values ?? []
      )
    }
    let whole = pass(0..<10, (0..<50).map { [2, 3, 4, 5].contains($0 % 10) ? Float($0) : 0 })
    let part = pass(2..<6, (0..<50).filter { [2, 3, 4, 5].contains($0 % 10) }.map(Float.init))
    for row in 0..<5 {
      for column in 0..<4 {
        #expect(abs(part.values[row * 4 + column] - whole.values[row * 10 + column + 2]) < 1e-5)
        // By hand: 0.5 · Σ_r B[column, r] · Σ_k A[r, k] · x[row, k].
        let expected = (0..<3).reduce(0.0) { sum, r in
          let narrow = (0..<7).reduce(0.0) {
            $0 + Double(a.value.pointer[r * 7 + $1]) * Double(x.pointer[row * 7 + $1])
          }
          return sum + 0.5 * Double(b.value.pointer[(column + 2) * 3 + r]) * narrow
        }
        #expect(abs(Double(part.values[row * 4 + column]) - expected) < 1e-5)
      }
    }
    #expect(largestDifference(part.a, whole.a) < 1e-3)
    #expect(largestDifference(part.b, whole.b) < 1e-3)
    #expect(largestDifference(part.x, whole.x) < 1e-3)
    #expect(whole.a.contains { $0 != 0 } && whole.x.contains { $0 != 0 })
  }

  @Test func targets() throws {
    let config = try CheckpointFolder(path: SharedData.fixture("models/bert-tiny")).config
    func chosen(_ names: [String]) throws -> Set<String> {
      var lora = LoRA()
      lora.chosen = AdapterTargets(names)
      let outline = try ModelRegistry.outline(config, head: .classification(labels: 2), adapter: lora)
      return Set(outline.parameters.filter(\.isAdapter).map { String($0.name.dropLast(14)) })
    }
    let layers = try chosen(["all-linear"])
    #expect(try chosen(["query"]).allSatisfy { $0.hasSuffix("attention.self.query") })
    // A part is not found by the end of a name alone: both of these end in output.dense.
    let (output, down) = (try chosen(["output"]), try chosen(["down"]))
    #expect(output.allSatisfy { $0.hasSuffix("attention.output.dense") } && !output.isEmpty)
    #expect(output.isDisjoint(with: down) && !down.isEmpty)
    #expect(try chosen(["query", "key", "value", "output", "up", "down"]) == layers)
    // peft chooses by ends of names, which must not choose the other layer too.
    let linear = try ModelRegistry.outline(config, head: .classification(labels: 2)).linearLayers
    for names in [["down"], ["output"], ["query", "up"], ["all-linear"]] {
      let ends = AdapterTargets(names).peftNames(linear)
      let found = linear.filter { layer in ends.contains { layer == $0 || layer.hasSuffix("." + $0) } }
      #expect(try Set(found) == chosen(names), "\(ends)")
    }
    #expect(AdapterTargets(["query", "value"]).peftNames(linear) == ["query", "value"])
    let error = #expect(throws: CheckpointError.self) { try chosen(["query", "q_proj"]) }
    let message = try #require(error).message
    #expect(message.contains("q_proj") && message.contains("attention.self.query") && message.contains("all-linear"))
  }

  /// Settings under which the same weights would be another function, and damaged files.
  @Test(arguments: [
    (#""use_dora": false"#, #""use_dora": true"#, "lora_magnitude_vector"),
    (#""bias": "none""#, #""bias": "all""#, "bias"),
    (#""peft_type": "LORA""#, #""peft_type": "LOHA""#, "peft_type"),
    (#""init_lora_weights": true"#, #""init_lora_weights": "olora""#, "init_lora_weights"),
    (#""rank_pattern": {}"#, #""rank_pattern": {"query": 2}"#, "rank_pattern"),
    (#""use_bdlora": null"#, #""use_what_comes_next": 1"#, "use_what_comes_next"),
    (#""r": 4"#, #""r": 0"#, "r"), (#""r": 4"#, #""r": 1e9"#, "r"),
    (#""lora_alpha": 8"#, #""lora_alpha": "x""#, "lora_alpha"),
    (#""r": 4"#, #""r": 5"#, "lora_A"), (#""query","#, "", "query"), (#""query","#, #""nowhere","#, "query"),
    (#""peft_type""#, "", "expected"),
  ]) func refused(_ old: String, _ new: String, _ named: String) throws {
    let expected = try Expected("bert-lora")
    let folder = try TemporaryFolder()
    let text = String(decoding: try Files.read(expected.folder + "/after/adapter_config.json"), as: UTF8.self)
    #expect(text.contains(old))
    try folder.write("adapter_config.json", text.replacingOccurrences(of: old, with: new))
    let weights = try Files.read(expected.folder + "/after/adapter_model.safetensors")
    try folder.write("adapter_model.safetensors", weights)
    let error = #expect(throws: CheckpointError.self) {
      let adapter = try AdapterFolder(path: folder.path)
      _ = try ModelRegistry.load(
        expected.checkpoint, head: expected.head, dropout: 0, seed: 1, adapter: adapter.adapter, trained: adapter)
    }
    #expect(error?.message.contains(named) ?? false, "\(error?.message ?? "")")
  }

  /// peft saved adapters as pickles before it saved safetensors.
  @Test func pickled() throws {
    let expected = try Expected("bert-lora")
    let folder = try TemporaryFolder()
    try folder.write("adapter_config.json", Files.read(expected.folder + "/after/adapter_config.json"))
    try folder.write("adapter_model.bin", Files.read(SharedData.fixture("adapters/bert-lora/adapter_model.bin")))
    let adapter = try AdapterFolder(path: folder.path)
    let (model, _) = try ModelRegistry.load(
      expected.checkpoint, head: expected.head, dropout: 0, seed: 1, adapter: adapter.adapter, trained: adapter)
    #expect(largestDifference(expected.logits(of: model), expected.logits) < 1e-4)
  }

  @Test func weightsAreThere() throws {
    let expected = try Expected("bert-lora")
    let folder = try TemporaryFolder()
    try folder.write("adapter_config.json", Files.read(expected.folder + "/after/adapter_config.json"))
    let error = #expect(throws: CheckpointError.self) { try AdapterFolder(path: folder.path) }
    #expect(error?.message.contains("adapter_model.safetensors") ?? false)
  }
}
