import Checkpoints
import Tensors

/// The division of a weight by which PiSSA begins (Meng et al., 2024, and peft's `pissa_init`).
enum PrincipalPart {
  /// Moves the principal part of W = U S Vᵀ from a weight into its adapter: A = √(S / s) Vᵀ and B = U √(S / s) for the
  /// largest singular values, as many as the rank, and W becomes W − s · B A.
  ///
  /// - Throws: ``CheckpointError`` for a rank above that of the weight, and where LAPACK fails.
  static func move(from weight: Parameter, to a: Parameter, _ b: Parameter, scaling: Double, path: String)
    throws(CheckpointError)
  {
    let isOutIn = weight.layout.outputAxis == 0
    let rank = a.rows
    guard rank <= min(b.rows, a.columns) else {
      throw .unsupported(
        path: path, what: "PiSSA's rank for \(weight.name):", found: "\(rank)",
        expected: "at most \(min(b.rows, a.columns)), the smaller side of this weight")
    }
    guard Float(scaling) > 1e-30 else {
      throw .unsupported(
        path: path, what: "PiSSA's alpha:", found: "\(scaling) over the rank, by which the weights cannot be divided",
        expected: "more")
    }
    weight.own()
    guard let parts = SingularValues(of: weight.value) else {
      throw .unsupported(
        path: path, what: "PiSSA's start for \(weight.name):", found: "a weight without a singular value decomposition",
        expected: "finite values; LoRA without init=pissa needs none")
    }
    let (left, right) = isOutIn ? (parts.left, parts.right) : (parts.right, parts.left)
    let roots = parts.values.prefix(rank).map { Float((Double($0) / scaling).squareRoot()) }
    a.setValue { value in
      for row in 0..<rank {
        for column in 0..<value.columns {
          value.pointer[row * value.columns + column] = roots[row] * right.pointer[row * value.columns + column]
        }
      }
    }
    b.setValue { value in
      for row in 0..<value.rows {
        for column in 0..<rank {
          value.pointer[row * rank + column] = roots[column] * left.pointer[column * value.rows + row]
        }
      }
    }
    LoRA.add(a, b, scaling: -scaling, to: weight)
  }
}
