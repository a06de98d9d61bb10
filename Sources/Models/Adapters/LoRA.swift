import Checkpoints
import Support
import Tensors

/// A low-rank adapter beside chosen linear layers (LoRA; Hu et al., 2022).
///
/// A layer `x Wᵀ` becomes `x Wᵀ + scaling · (x Aᵀ) Bᵀ` with A `[rank, in]` and B `[out, rank]`. Defaults are peft's.
package struct LoRA: Adapter, Equatable {
  package var rank = 8
  package var alpha = 8.0
  /// The dropout rate of what the adapter reads.
  package var dropout = 0.0
  /// Whether the scaling is `alpha / √rank` (rank-stabilized; Kalajdzievski, 2023) in place of `alpha / rank`.
  package var isRankStabilized = false
  /// Whether rows of the adapted weight have trained lengths (DoRA; Liu et al., 2024).
  package var isDecomposed = false
  /// How A and B begin.
  package var start = Start.zero
  package var chosen = AdapterTargets.standard

  package enum Start: String, Sendable, CaseIterable {
    /// B is 0, so that the adapter changes nothing at first.
    case zero
    /// A and B are the principal part of the weight, which keeps the rest (PiSSA; Meng et al., 2024).
    case pissa
  }

  package init() {}

  package var peftType: String { "LORA" }
  package var targets: AdapterTargets? { chosen }

  package var scaling: Double {
    alpha / (isRankStabilized ? Double(rank).squareRoot() : Double(rank))
  }

  static let aSuffix = ".lora_A.weight"
  static let bSuffix = ".lora_B.weight"
  static let magnitudeSuffix = ".lora_magnitude_vector"

  package func branch(
    of layer: LinearLayer, _ module: String, out: Int, in width: Int, _ list: ParameterList
  ) -> (any LinearBranch)? {
    LowRankBranch(
      // peft draws A by `kaiming_uniform_` with a = √5.
      a: list.adapter(module + LoRA.aSuffix, [rank, width], start: .uniform(1 / Double(width).squareRoot())),
      b: list.adapter(module + LoRA.bSuffix, [out, rank], start: .zeros),
      scaling: Float(scaling), dropout: Float(dropout),
      rows: isDecomposed
        ? RowLengths(magnitude: list.adapter(module + LoRA.magnitudeSuffix, [out], role: .norm, start: .ones)) : nil)
  }

  /// The adapted weights with their A and B.
  package func adapted(_ parameters: [Parameter]) -> [(weight: Parameter, a: Parameter, b: Parameter)] {
    let named = parameters.byName
    return parameters.modules(LoRA.aSuffix).compactMap { module, a in
      guard let weight = named[module + ".weight"], let b = named[module + LoRA.bSuffix] else { return nil }
      return (weight, a, b)
    }
  }

  /// Adds the adapters to their weights, which take memory of their own, and makes new ones (ReLoRA).
  package func restart(_ parameters: [Parameter], seed: UInt64) {
    for (weight, a, b) in adapted(parameters) {
      weight.own()
      LoRA.add(a, b, scaling: scaling, to: weight)
      a.initializeAdapter(seed: seed)
      b.initializeAdapter(seed: seed)
    }
  }

  /// The values of all parameters but the adapters', with these added to their weights.
  package func mergedCopies(_ parameters: [Parameter]) -> [(name: String, tensor: AnyTensor)] {
    let adapted = Dictionary(
      uniqueKeysWithValues: adapted(parameters).map { (ObjectIdentifier($0.weight), ($0.a, $0.b)) })
    return parameters.filter { !$0.layout.isAdapter }.map { parameter in
      guard let (a, b) = adapted[ObjectIdentifier(parameter)] else { return (parameter.name, parameter.stored) }
      let copy = Parameter(parameter.layout, value: parameter.value.copy())
      LoRA.add(a, b, scaling: scaling, to: copy)
      return (parameter.name, copy.stored)
    }
  }

  /// Sets the lengths of DoRA's rows, and divides weights as PiSSA does.
  package func prepare(
    _ parameters: [Parameter], isFresh: Bool, seed: UInt64, path: String
  ) throws(CheckpointError) {
    let named = parameters.byName
    for (module, a) in parameters.modules(LoRA.aSuffix) {
      guard let b = named[module + LoRA.bSuffix], let weight = named[module + ".weight"] else { continue }
      if start == .pissa { try PrincipalPart.move(from: weight, to: a, b, scaling: scaling, path: path) }
      guard isFresh, let magnitude = named[module + LoRA.magnitudeSuffix] else { continue }
      let lengths = RowLengths.lengths(of: weight, a: a, b: b, scaling: Float(scaling))
      magnitude.setValue { $0.copyValues(from: lengths) }
    }
  }

  /// W becomes W + scaling · B A; with DoRA its rows get their lengths.
  package func merge(_ parameters: [Parameter], path: String) {
    let named = parameters.byName
    for (module, a) in parameters.modules(LoRA.aSuffix) {
      guard let weight = named[module + ".weight"], let b = named[module + LoRA.bSuffix] else { continue }
      let lengths = RowLengths.lengths(of: weight, a: a, b: b, scaling: Float(scaling))
      LoRA.add(a, b, scaling: scaling, to: weight)
      guard let magnitude = named[module + LoRA.magnitudeSuffix] else { continue }
      let factors = zip(magnitude.value.values, lengths.values).map { $0 / $1 }
      weight.scaleOutputs(by: factors)
    }
  }

  /// Adds `scaling · B A` to a weight.
  static func add(_ a: Parameter, _ b: Parameter, scaling: Double, to weight: Parameter) {
    let (values, narrow, wide) = (weight.value, a.value, b.value)
    let isOutIn = weight.layout.outputAxis == 0
    let (left, right) = isOutIn ? (wide, narrow) : (narrow, wide)
    MatrixProduct.product(
      m: values.rows, n: values.columns, k: a.rows, alpha: Float(scaling), left.pointer, lda: left.columns,
      transposeA: !isOutIn, right.pointer, ldb: right.columns, transposeB: !isOutIn, beta: 1, values.pointer,
      ldc: values.columns)
  }
}

extension Parameter {
  /// Multiplies each output of a linear layer's weight by its own number.
  func scaleOutputs(by factors: [Float]) { scale(factors, alongAxis: layout.outputAxis) }

  /// Multiplies each input of a linear layer's weight by its own number.
  func scaleInputs(by factors: [Float]) { scale(factors, alongAxis: 1 - layout.outputAxis) }

  private func scale(_ factors: [Float], alongAxis axis: Int) {
    setValue { value in
      for row in 0..<value.rows {
        for column in 0..<value.columns {
          value.pointer[row * value.columns + column] *= factors[axis == 0 ? row : column]
        }
      }
    }
  }
}

/// The low-rank adapter of one linear layer.
struct LowRankBranch: LinearBranch {
  /// `[rank, in]`
  let a: Parameter
  /// `[out, rank]`
  let b: Parameter
  let scaling: Float
  let dropout: Float
  /// `nil` without DoRA.
  let rows: RowLengths?

  package var isDivisible: Bool { dropout == 0 && rows == nil }

  package func output(of layer: LinearLayer, _ x: Variable, outputs: Range<Int>?, on tape: Tape) -> Variable {
    let read = tape.dropout(x, rate: dropout)
    func sum(_ base: Variable) -> Variable {
      tape.addLinear(to: base, tape.linear(read, weight: a), weight: b, scale: scaling, outputs: outputs)
    }
    guard let rows else { return sum(layer.plain(x, outputs: outputs, on: tape)) }
    // b + g ⊙ (x̃ Wᵀ + s (x̃ Aᵀ) Bᵀ) + (x − x̃) Wᵀ, where x̃ is x after dropout: peft drops out what DoRA adds.
    let direction = sum(layer.plain(read, bias: false, outputs: outputs, on: tape))
    let isDropped = tape.isTraining && dropout > 0
    let scaled = tape.scaleColumns(
      direction, by: rows.magnitude, over: rows.lengths(of: layer.weight, a: a, b: b, scaling: scaling, on: tape),
      plus: isDropped ? nil : layer.bias, outputs: outputs)
    guard isDropped else { return scaled }
    return tape.add(scaled, layer.plain(tape.subtract(x, read), outputs: outputs, on: tape))
  }
}

extension ParameterShape {
  /// Whether it is the B of a low-rank adapter.
  package var isAdapterOutput: Bool { isAdapter && name.hasSuffix(LoRA.bSuffix) }
}

extension LoRA {
  /// Reads peft's settings.
  init(_ config: HuggingFaceConfig) throws(CheckpointError) {
    self.init()
    rank = try config.integer("r", in: 1...65_536, default: 8)
    alpha = try config.number("lora_alpha", in: 0...1e9, default: 8)
    dropout = try config.number("lora_dropout", in: 0...0.999, default: 0)
    isRankStabilized = try config.bool("use_rslora", default: false)
    isDecomposed = try config.bool("use_dora", default: false)
    if config.json["init_lora_weights"]?.string == "pissa" { start = .pissa }
    chosen = try AdapterTargets(config)
    try config.requireKnown(
      [
        "lora_alpha", "lora_dropout", "use_rslora", "use_dora", "r", "fan_in_fan_out", "megatron_core",
        "qalora_group_size", "eva_config", "ensure_weight_tying", "runtime_config",
      ],
      usual: [
        "bias": [.text("none")],
        // With OLoRA and the like, peft changes the weights of the base when it loads the adapter.
        "init_lora_weights": [.bool(true), .text("gaussian"), .text("orthogonal"), .text("eva"), .text("pissa")],
      ])
  }

  package func members(_ model: AdaptedModel) -> JSONObject {
    JSONObject([
      "r": .integer(rank), "lora_alpha": Int(exactly: alpha).map(JSON.integer) ?? .real(alpha),
      "lora_dropout": .real(dropout), "use_rslora": .bool(isRankStabilized), "use_dora": .bool(isDecomposed),
      "bias": .text("none"), "fan_in_fan_out": .bool(model.isTransposed),
      "init_lora_weights": start == .pissa ? .text("pissa") : .bool(true),
    ])
  }
}
