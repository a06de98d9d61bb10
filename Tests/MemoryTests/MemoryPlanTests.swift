import Checkpoints
import Memory
import Models
import Optimizers
import Support
import Tensors
import TestSupport
import Testing

/// What is said before anything is allocated.
@Suite struct MemoryPlanTests {
  private static func options(_ text: String) -> [(key: String, value: String)] {
    text.split(separator: ",").map { option in
      let parts = option.split(separator: "=").map(String.init)
      return (key: parts[0], value: parts[1])
    }
  }

  /// A published figure: optimizer state in MiB.
  struct Figure: Sendable, CustomTestStringConvertible {
    let model: String
    let vocabulary: Int
    let optimizer: String
    let options: String
    let mebibytes: String
    var testDescription: String { "\(model) \(vocabulary) \(optimizer) \(options)" }
  }

  /// The memory tables of the Adapprox and GaLore papers.
  static let figures: [Figure] = {
    var figures: [Figure] = []
    func add(_ model: String, _ vocabulary: Int, _ rows: [(optimizer: String, options: String, mebibytes: String)]) {
      figures += rows.map {
        Figure(
          model: model, vocabulary: vocabulary, optimizer: $0.optimizer, options: $0.options, mebibytes: $0.mebibytes)
      }
    }
    // "paper": from rank 1 up to a quarter of the smaller side.
    for (model, figures) in [
      ("gpt2-117m", ["949.7", "476.1", "476.8", "476.1", "622.0", "1.2", "1.2", "147.2"]),
      ("gpt2-345m", ["2707.5", "1356.7", "1358.4", "1356.7", "1791.1", "2.9", "2.9", "437.4"]),
    ] {
      add(
        model, 50_304,
        zip(
          [
            ("adamw", ""), ("adafactor", "beta1=0.9"), ("came", ""), ("adapprox", "rank=1"),
            ("adapprox", "rank_rule=paper"), ("adafactor", "beta1=0"), ("adapprox", "rank=1,beta1=0"),
            ("adapprox", "rank-rule=paper,beta1=0"),
          ], figures
        ).map { ($0.0, $0.1, $1) })
    }
    for (model, figures) in [
      ("gpt2-117m", ["475.93", "481.27", "487.39", "499.61", "524.06", "572.95", "670.74", "949.40"]),
      ("gpt2-345m", ["1356.47", "1368.40", "1382.02", "1409.28", "1463.79", "1572.81", "1790.85", "2707.09"]),
      ("gpt2-1.1b", ["3550.78", "3573.88", "3600.29", "3653.09", "3758.69", "3969.90", "4392.31", "7089.92"]),
    ] {
      let ranks = [1, 8, 16, 32, 64, 128, 256].map { ("adapprox", "rank=\($0)") }
      add(model, 50_257, zip(ranks + [("adamw", "")], figures).map { ($0.0, $0.1, $1) })
    }
    // Projectors counted.
    add(
      "gpt2-117m", 50_257,
      zip([1, 128, 256], ["302.38", "427.40", "553.40"]).map { ("galore", "rank=\($0)", $1) })
    return figures
  }()

  /// Bytes in MiB with as many digits as `like`.
  private func mebibytes(_ bytes: Int, like: String) -> String {
    let digits = like.split(separator: ".").last?.count ?? 0
    let scale = [1, 10, 100][digits]
    let rounded = (Double(bytes) / 1_048_576 * Double(scale)).rounded()
    let (whole, rest) = Int(rounded).quotientAndRemainder(dividingBy: scale)
    return "\(whole).\(String(repeating: "0", count: digits - "\(rest)".count))\(rest)"
  }

  @Test(arguments: figures) func publishedFigures(_ figure: Figure) throws {
    let model = try ModelShape(figure.model, vocabularySize: figure.vocabulary)
    let plan = try MemoryPlan(model, optimizer: figure.optimizer, options: Self.options(figure.options))
    #expect(mebibytes(plan.largestOptimizerStateBytes, like: figure.mebibytes) == figure.mebibytes)
  }

  @Test(arguments: zip([1, 128, 256], ["302.24", "409.40", "517.40"]))
  func galoreWithoutProjectors(_ rank: Int, _ figure: String) throws {
    let plan = try MemoryPlan(
      ModelShape("gpt2-117m"), optimizer: "galore", options: [("rank", "\(rank)")])
    let projectors = try #require(plan.optimizerState[.projector])
    #expect(mebibytes(plan.optimizerStateBytes - projectors, like: figure) == figure)
  }

  /// Parameters counted by transformers.
  @Test(arguments: ShapePresets.names) func parametersAndGradients(_ name: String) throws {
    let all = try JSON.parse(Files.read(SharedData.fixture("presets.json")))
    let expected = try #require(all["presets"]?[name]?["parameters"]?.integer)
    let plan = try MemoryPlan(ModelShape(name), optimizer: "adamw")
    #expect(plan.parametersBytes == 4 * expected && plan.gradientsBytes == 4 * expected)
    #expect(plan.optimizerState == [.firstMoment: 4 * expected, .secondMoment: 4 * expected])
    #expect(plan.totalBytes == 16 * expected)
  }

  /// The plan is what an optimizer then has, for every optimizer and family.
  @Test(arguments: OptimizerRegistry.names, ["bert", "roberta", "albert", "gpt2", "llama"])
  func measured(_ optimizer: String, _ family: String) throws {
    let path = SharedData.fixture("families/\(family)")
    let config = try HuggingFaceConfig(path: path + "/config.json")
    let model = try ModelRegistry.make(config, head: .classification(labels: 2), dropout: nil)
    let options: [(key: String, value: String)] =
      (try OptimizerRegistry.specification(optimizer).options.contains { $0.key == "rank" }) ? [("rank", "2")] : []
    let made = try Optimizer(optimizer, options: options, parameters: model.parameters)
    let plan = try MemoryPlan(
      ModelShape(path, head: .classification(labels: 2)), optimizer: optimizer, options: options)
    #expect(plan.parametersBytes == model.parameters.reduce(0) { $0 + $1.value.count * 4 })
    for kind in StateKind.allCases { #expect(plan.optimizerState[kind, default: 0] == made.stateBytes(kind)) }
    #expect(plan.optimizerStateBytes == made.stateTensors.reduce(0) { $0 + $1.tensor.bytes.count })
  }

  /// Bytes follow from the type of the elements, those of gradients from float32.
  @Test func elementTypes() {
    var shape = ParameterShape(name: "w", role: .matrix, shape: [3, 5], type: .uint8)
    #expect(shape.byteCount == 15 && shape.gradientByteCount == 60)
    shape.isTrainable = false
    #expect(shape.byteCount == 15 && shape.gradientByteCount == 0)
    #expect(ParameterShape(name: "w", role: .matrix, shape: [3, 5]).byteCount == 60)
  }

  /// Frozen parameters are counted as weights only, in the plan and in what is then made.
  @Test(arguments: OptimizerRegistry.names) func frozen(_ optimizer: String) throws {
    let path = SharedData.fixture("families/bert")
    let shape = try ModelShape(path, head: .classification(labels: 2), isTrainable: { $0.isOfHead })
    let whole = try MemoryPlan(ModelShape(path, head: .classification(labels: 2)), optimizer: optimizer)
    let head = shape.parameters.filter(\.isOfHead)
    let plan = try MemoryPlan(shape, optimizer: optimizer)
    #expect(plan.parametersBytes == whole.parametersBytes)
    #expect(plan.gradientsBytes == 4 * head.reduce(0) { $0 + $1.count } && plan.gradientsBytes > 0)
    let model = try ModelRegistry.make(
      HuggingFaceConfig(path: path + "/config.json"), head: .classification(labels: 2), dropout: nil,
      isTrainable: { $0.isOfHead })
    let made = try Optimizer(optimizer, parameters: model.parameters)
    for kind in StateKind.allCases { #expect(plan.optimizerState[kind, default: 0] == made.stateBytes(kind)) }
    #expect(made.stateBytes < whole.optimizerStateBytes || whole.optimizerStateBytes == 0)
    #expect(made.stateTensors.allSatisfy { tensor in head.contains { tensor.name.hasPrefix($0.name + "/") } })
    let step = try StepPlan(shape, optimizer: optimizer, pass: PassMemory(shape, training: [PackedBatch(lengths: [5])]))
    #expect(step.residentGradientsBytes == plan.gradientsBytes)
    #expect(step.residentStateBytes == plan.largestOptimizerStateBytes)
  }

  /// The paper's rule starts at rank 1 and may grow; the later one starts at its largest.
  @Test func statesThatGrow() throws {
    let model = try ModelShape("gpt2-117m")
    let paper = try MemoryPlan(model, optimizer: "adapprox", options: [("rank-rule", "paper")])
    let one = try MemoryPlan(model, optimizer: "adapprox", options: [("rank", "1")])
    let quarter = try MemoryPlan(model, optimizer: "adapprox", options: [("rank", "192")])
    #expect(paper.optimizerState == one.optimizerState && paper.largestOptimizerState == quarter.optimizerState)
    let later = try MemoryPlan(model, optimizer: "adapprox")
    #expect(later.optimizerState == later.largestOptimizerState)
    #expect(paper.totalBytes == paper.parametersBytes + paper.gradientsBytes + quarter.optimizerStateBytes)
  }

  /// A path, a folder and a preset of the same shape say the same; the head is the config's own.
  @Test func waysToNameAModel() throws {
    let preset = try #require(ShapePresets.named("bert-base"))
    let folder = try TemporaryFolder()
    let path = folder.path + "/config.json"
    for (architecture, head) in [
      ("BertModel", HeadKind.classification(labels: 2)), ("BertForQuestionAnswering", .spanExtraction),
      ("BertForMultipleChoice", .multipleChoice),
    ] {
      var config = preset.config
      config.set("architectures", .array([.text(architecture)]))
      try Files.writeAtomically(path, config.serialized())
      let expected = try ModelRegistry.parameterShapes(preset.config, head: head).map(\.name)
      #expect(try ModelShape(path).parameters.map(\.name) == expected)
      #expect(try ModelShape(folder.path).parameters.map(\.name) == expected)
    }
    let words = try #require(try ModelShape("bert-base", vocabularySize: 7).parameters.first)
    #expect(words.shape == [7, 768])
    #expect(try ModelShape("llama-60m").parameterCount == 58_073_600)
  }

  @Test func refusals() throws {
    func message(_ body: () throws -> Void) -> String {
      do { try body() } catch { return (error as? any UserError)?.message ?? "\(error)" }
      return ""
    }
    #expect(message { _ = try ModelShape("gpt3") }.contains("gpt2-117m"))
    #expect(message { _ = try ModelShape("gpt2-117m", vocabularySize: 0) }.contains("found 0"))
    let model = try ModelShape("gpt2-117m")
    #expect(message { _ = try MemoryPlan(model, optimizer: "adamx") }.contains("adamw"))
    #expect(message { _ = try MemoryPlan(model, optimizer: "adamw", options: [("rank", "1")]) }.contains("beta1"))
  }

  /// The largest sizes that a config may have: no overflow, no allocation.
  @Test(arguments: OptimizerRegistry.names) func largestConfig(_ optimizer: String) throws {
    var config = try #require(ShapePresets.named("gpt2-117m")).config
    let (width, inner, layers, positions, words) = (65_536, 1 << 20, 1_024, 1 << 20, 1 << 24)
    for (key, value) in [
      ("n_embd", width), ("n_inner", inner), ("n_layer", layers), ("n_positions", positions), ("vocab_size", words),
      ("n_head", 1_024),
    ] { config.set(key, .integer(value)) }
    let folder = try TemporaryFolder()
    let path = folder.path + "/config.json"
    try Files.writeAtomically(path, config.serialized())
    let plan = try MemoryPlan(ModelShape(path), optimizer: optimizer)
    let layer = 4 * width * width + 2 * width * inner + 9 * width + inner
    #expect(plan.parametersBytes == 4 * (width * (words + positions) + layers * layer + 2 * width))
    #expect(plan.totalBytes >= 2 * plan.parametersBytes && plan.totalBytes < 1 << 54)
  }

  /// A table whose every row is trained takes its own bytes, not the whole pages that they lie on: two moments of 3 · 5 · 4.
  @Test func aTableSmallerThanAPage() throws {
    let table = ParameterShape(name: "t", role: .embedding, shape: [3, 5])
    let plan = try OptimizerPlan("adamw")
    #expect(plan.residentStateBytes([table], touchedRows: ["t": [0, 1, 2]]) == 120)
    #expect(plan.residentStateBytes([table], touchedRows: ["t": []]) == 0)
    #expect(plan.residentStateBytes([table], touchedRows: [:]) == 120)
  }

  /// Where the longest evaluation takes more than the longest training batch, it is what the plan counts with.
  @Test func theLargerOfTrainingAndEvaluation() throws {
    let shape = try ModelShape("bert-base")
    func batch(_ count: Int, _ length: Int) -> PackedBatch {
      PackedBatch(lengths: Array(repeating: length, count: count))
    }
    let pass = try PassMemory(shape, training: [batch(1, 8)], evaluation: [batch(64, 256)])
    #expect(pass.evaluationBytes > pass.activationsBytes)
    let plan = try StepPlan(shape, optimizer: "adamw", pass: pass)
    let held = plan.memory.parametersBytes + plan.memory.gradientsBytes + plan.memory.largestOptimizerStateBytes
    #expect(plan.residentBytes == BufferPool.bound(peak: held + pass.evaluationBytes))
    #expect(plan.reservedBytes == plan.residentBytes)
  }

  /// Generated texts keep a key and a value of each token in each layer, up to the usual bound.
  @Test func keysAndValuesOfGeneratedTexts() throws {
    let shape = try ModelShape("llama-60m")
    func bytes(_ tokens: Int) throws -> Int {
      let batch = PackedBatch(lengths: [8])
      return try PassMemory(shape, training: [batch], evaluation: [batch], cachedTokens: tokens).evaluationBytes
    }
    let none = try bytes(0)
    #expect(try bytes(1_000) - none == 8 * 2 * 512 * 4 * 1_000)
    #expect(try bytes(1 << 40) - none == 256 << 20)
  }
}
