import Foundation
import Optimizers
import Tensors
import Testing

/// A GPT-2 language model's parameters, written out from its configuration.
struct GPT2Shape {
  let layers: Int
  let width: Int
  let heads: Int
  let vocabulary: Int

  static func small(_ vocabulary: Int) -> GPT2Shape {
    GPT2Shape(layers: 12, width: 768, heads: 12, vocabulary: vocabulary)
  }
  static func medium(_ vocabulary: Int) -> GPT2Shape {
    GPT2Shape(layers: 24, width: 1024, heads: 16, vocabulary: vocabulary)
  }
  static let large = GPT2Shape(layers: 36, width: 1408, heads: 22, vocabulary: 50_257)

  /// Parameters that occur once, and those of a layer.
  var outer: [ParameterShape] {
    [
      ParameterShape(name: "wte.weight", role: .embedding, shape: [vocabulary, width]),
      ParameterShape(name: "wpe.weight", role: .embedding, shape: [1024, width]),
    ] + norm("ln_f")
  }

  var layer: [ParameterShape] {
    let head = OutputBlocks(count: heads, size: width / heads)
    return norm("ln_1") + conv("attn.c_attn", width, 3 * width, [head, head, OutputBlocks(count: width, size: 1)])
      + conv("attn.c_proj", width, width) + norm("ln_2") + conv("mlp.c_fc", width, 4 * width)
      + conv("mlp.c_proj", 4 * width, width)
  }

  var all: [ParameterShape] { outer + (0..<layers).flatMap { _ in layer } }

  private func norm(_ name: String) -> [ParameterShape] {
    [
      ParameterShape(name: name + ".weight", role: .norm, shape: [width]),
      ParameterShape(name: name + ".bias", role: .bias, shape: [width]),
    ]
  }

  private func conv(_ name: String, _ input: Int, _ output: Int, _ blocks: [OutputBlocks] = []) -> [ParameterShape] {
    [
      ParameterShape(name: name + ".weight", role: .matrix, shape: [input, output], blocks: blocks, outputAxis: 1),
      ParameterShape(name: name + ".bias", role: .bias, shape: [output]),
    ]
  }
}

/// Bytes of one parameter's state by the published rules, written without looking at the layouts.
enum StateFormula {
  typealias Bytes = [StateKind: Int]

  private static func bytes(first: Int = 0, second: Int = 0, projector: Int = 0, other: Int = 0) -> Bytes {
    [.firstMoment: 4 * first, .secondMoment: 4 * second, .projector: 4 * projector, .other: 4 * other]
  }

  /// With the options that ``StateBytesTests/options`` names, else the defaults.
  static func of(_ optimizer: String, _ p: ParameterShape) -> Bytes? {
    let count = p.count
    let (m, n) = (p.shape[0], p.shape.count == 2 ? p.shape[1] : 1)
    let isMatrix = p.shape.count == 2
    let factored = isMatrix ? m + n : count
    let isProjected = p.role == .matrix
    func projected(_ rank: Int, _ second: (_ rows: Int, _ columns: Int) -> Int = { $0 * $1 }, first: Bool = true)
      -> Bytes
    {
      let r = min(rank, min(m, n))
      let (rows, columns) = m >= n ? (m, r) : (r, n)
      return bytes(first: first ? rows * columns : 0, second: second(rows, columns), projector: r * min(m, n))
    }
    switch optimizer {
    case "sgd": return bytes()
    case "sgdm", "lion": return bytes(first: count)
    case "adam", "adamw": return bytes(first: count, second: count)
    case "adagrad": return bytes(second: count)
    case "ademamix": return bytes(first: 2 * count, second: count)
    case "sm3": return bytes(first: count, second: factored)
    case "adafactor": return bytes(first: count, second: factored)
    case "came": return bytes(first: count, second: factored, other: isMatrix ? m + n : 0)
    case "adapprox": return bytes(first: count, second: isMatrix ? m + n : count)
    case "galore": return isProjected ? projected(128) : bytes(first: count, second: count)
    case "galore-adafactor":
      return isProjected ? projected(128, { $0 + $1 }, first: false) : bytes(second: factored)
    case "galore-adam8bit":
      guard isProjected else { return quantized(count) }
      let r = min(128, min(m, n))
      return quantized(m >= n ? m * r : r * n).merging([.projector: 4 * r * min(m, n)], uniquingKeysWith: +)
    case "fira", "fira-only-scaling": return isProjected ? projected(8) : bytes(first: count, second: count)
    case "flora":
      let isCompressed = isMatrix && min(m, n) >= 8 && max(m, n) <= 4 * min(m, n)
      return bytes(first: isCompressed ? 8 * (m < n ? n : m) : count, second: factored)
    case "adam8bit": return quantized(count)
    case "adam4bit":
      guard count > 4_096 else { return bytes(first: count, second: count) }
      let codes = (count + 1) / 2
      let scales = (count + 127) / 128
      return [.firstMoment: codes + 4 * scales, .secondMoment: codes + 4 * (isMatrix ? m + n : scales)]
    case "adam-mini":
      let blocks: Int
      switch (p.role, isMatrix) {
      case (.norm, _): blocks = 1
      case (_, false): blocks = count
      case (_, true): blocks = p.blocks.isEmpty ? p.shape[p.outputAxis] : p.blocks.reduce(0) { $0 + $1.count }
      }
      return bytes(first: count, second: blocks)
    default: return nil
    }
  }

  /// Two moments of one byte an element and one scale for 256.
  private static func quantized(_ count: Int) -> Bytes {
    guard count >= 4_096 else { return bytes(first: count, second: count) }
    let size = count + 4 * ((count + 255) / 256)
    return [.firstMoment: size, .secondMoment: size]
  }
}

@Suite(.serialized) struct StateBytesTests {
  /// What each optimizer is measured with, where its defaults are not it.
  static func options(_ name: String) -> [(key: String, value: String)] {
    switch name {
    case "adafactor": [("beta1", "0.9")]
    case "adapprox": [("rank", "1")]
    default: []
    }
  }

  private func nonzero(_ bytes: [StateKind: Int]) -> [StateKind: Int] { bytes.filter { $0.value != 0 } }

  /// Of every distinct parameter of GPT-2: what is allocated, what the plan says, and what the rule takes.
  @Test(arguments: OptimizerRegistry.names) func measured(_ name: String) throws {
    let model = GPT2Shape.small(50_257)
    let options = StateBytesTests.options(name)
    for shape in model.outer + model.layer {
      let formula = try #require(StateFormula.of(name, shape), "add the formula of \(name)")
      let planned = try OptimizerPlan(name, options: options).stateBytes([shape])
      let parameter = Parameter(
        name: shape.name, role: shape.role, value: .lazyZeros(shape.shape), blocks: shape.blocks,
        outputAxis: shape.outputAxis)
      let optimizer = try Optimizer(name, options: options, parameters: [parameter])
      var measured: [StateKind: Int] = [:]
      for kind in StateKind.allCases { measured[kind] = optimizer.stateBytes(kind) }
      #expect(nonzero(planned) == nonzero(formula), "\(shape.name)")
      #expect(nonzero(measured) == nonzero(formula), "\(shape.name)")
      #expect(optimizer.stateTensors.reduce(0) { $0 + $1.tensor.byteCount } == optimizer.stateBytes)
    }
  }

  struct Row: CustomTestStringConvertible, Sendable {
    let optimizer: String
    let options: String
    let model: String
    let mebibytes: Double

    var testDescription: String { "\(model) \(optimizer) \(options)" }
  }

  /// The published figures.
  static let rows: [Row] = {
    var rows: [Row] = []
    func add(_ optimizer: String, _ options: String, _ model: String, _ mebibytes: Double) {
      rows.append(Row(optimizer: optimizer, options: options, model: model, mebibytes: mebibytes))
    }
    // Vocabulary 50,304.
    for (model, values) in [
      ("117m*", [949.7, 476.1, 476.8, 476.1, 622.0, 1.2, 1.2, 147.2]),
      ("345m*", [2707.5, 1356.7, 1358.4, 1356.7, 1791.1, 2.9, 2.9, 437.4]),
    ] {
      let quarter = model == "117m*" ? 192 : 256
      for (value, (optimizer, options)) in zip(
        values,
        [
          ("adamw", ""), ("adafactor", "beta1=0.9"), ("came", ""), ("adapprox", "rank=1"),
          ("adapprox", "rank=\(quarter)"), ("adafactor", "beta1=0"), ("adapprox", "rank=1,beta1=0"),
          ("adapprox", "rank=\(quarter),beta1=0"),
        ])
      {
        add(optimizer, options, model, value)
      }
    }
    // Vocabulary 50,257.
    for (model, values) in [
      ("117m", [475.93, 481.27, 487.39, 499.61, 524.06, 572.95, 670.74]),
      ("345m", [1356.47, 1368.40, 1382.02, 1409.28, 1463.79, 1572.81, 1790.85]),
      ("1.1b", [3550.78, 3573.88, 3600.29, 3653.09, 3758.69, 3969.90, 4392.31]),
    ] {
      for (rank, value) in zip([1, 8, 16, 32, 64, 128, 256], values) { add("adapprox", "rank=\(rank)", model, value) }
    }
    add("adamw", "", "117m", 949.40)
    add("adamw", "", "345m", 2707.09)
    add("adamw", "", "1.1b", 7089.92)
    for (rank, value) in [(1, 302.38), (128, 427.40), (256, 553.40)] { add("galore", "rank=\(rank)", "117m", value) }
    return rows
  }()

  @Test(arguments: rows) func published(_ row: Row) throws {
    let options = row.options.split(separator: ",").map { option in
      let parts = option.split(separator: "=").map(String.init)
      return (key: parts[0], value: parts[1])
    }
    let model: GPT2Shape =
      switch row.model {
      case "117m": .small(50_257)
      case "117m*": .small(50_304)
      case "345m": .medium(50_257)
      case "345m*": .medium(50_304)
      default: .large
      }
    let bytes = try OptimizerPlan(row.optimizer, options: options).stateBytes(model.all)
    let total = Double(bytes.values.reduce(0, +)) / 1_048_576
    // As many digits as were published.
    let digits = row.model.hasSuffix("*") ? 10.0 : 100.0
    #expect((total * digits).rounded() / digits == row.mebibytes, "\(total)")
    if row.optimizer == "galore" {
      let uncounted = [1: 302.24, 128: 409.40, 256: 517.40]
      let without = total - Double(bytes[.projector] ?? 0) / 1_048_576
      #expect((without * 100).rounded() / 100 == uncounted[Int(options[0].value) ?? 0])
    }
  }
}
