import Tensors

/// The low-rank adapter of one linear layer.
struct LowRankBranch {
  /// `[rank, in]`
  let a: Parameter
  /// `[out, rank]`
  let b: Parameter
  let scaling: Float
  let dropout: Float

  static let aSuffix = ".lora_A.weight"
  static let bSuffix = ".lora_B.weight"

  /// - Parameter base: the layer's result, which is overwritten.
  func add(to base: Variable, _ x: Variable, outputs: Range<Int>?, on tape: Tape) -> Variable {
    tape.addLowRank(to: base, tape.dropout(x, rate: dropout), a: a, b: b, scale: scaling, outputs: outputs)
  }
}

extension LoRASettings {
  /// Adds adapters to the weights of their layers: W becomes W + scaling · B A.
  ///
  /// - Parameter parameters: those of a model with these adapters. The weights must be float32, and not in a mapped file.
  package func merge(_ parameters: [Parameter]) {
    let named = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0) })
    for narrow in parameters where narrow.name.hasSuffix(LowRankBranch.aSuffix) {
      let module = narrow.name.dropLast(LowRankBranch.aSuffix.count)
      guard let weight = named[module + ".weight"], let wide = named[module + LowRankBranch.bSuffix] else { continue }
      let (values, a, b) = (weight.value, narrow.value, wide.value)
      let isOutIn = weight.layout.outputAxis == 0
      let (left, right) = isOutIn ? (b, a) : (a, b)
      MatrixProduct.product(
        m: values.rows, n: values.columns, k: rank, alpha: Float(scaling), left.pointer, lda: left.columns,
        transposeA: !isOutIn, right.pointer, ldb: right.columns, transposeB: !isOutIn, beta: 1, values.pointer,
        ldc: values.columns)
    }
  }
}

extension ParameterList {
  /// The adapter beside a linear layer; `nil` where the settings choose another.
  func branch(beside module: String, out: Int, in width: Int) -> LowRankBranch? {
    linearLayers.append(module)
    guard let lora, lora.targets.contains(module) else { return nil }
    return LowRankBranch(
      a: make(module + LowRankBranch.aSuffix, .matrix, [lora.rank, width], isAdapter: true),
      b: make(module + LowRankBranch.bSuffix, .matrix, [out, lora.rank], isAdapter: true),
      scaling: Float(lora.scaling), dropout: Float(lora.dropout))
  }
}

extension ParameterShape {
  /// Whether it is the B of a low-rank adapter.
  package var isAdapterOutput: Bool { isAdapter && name.hasSuffix(LowRankBranch.bSuffix) }
}

extension Parameter {
  /// Fresh weights of an adapter, as peft draws them: B is 0, so that the adapter changes nothing at first, and A is
  /// uniform up to `1 / √in`, which is `kaiming_uniform_` with `a = √5`.
  func initializeAdapter(seed: UInt64) {
    setValue { value in
      guard name.hasSuffix(LowRankBranch.aSuffix) else { return value.fill(0) }
      RandomGenerator(seed: seed).stream("init:" + name)
        .fillUniform(value, bound: 1 / Double(columns).squareRoot())
    }
  }
}
