import CKernels
import Tensors

/// What Fira sees of a matrix in one step: the gradient G, its projection `R`, and the direction N that Adam gives R.
package struct ProjectedGradient {
  package let parameter: Parameter
  package let step: Int
  /// After clipping.
  package let gradient: Tensor
  /// `[m, rank]` on the right, `[rank, n]` on the left.
  package let projected: Tensor
  package let direction: Tensor
  let pass: ProjectedPass
  let adam: Adam
  let coefficients: ft_adam

  /// How many factors there are: rows of a matrix projected on the right, columns of one on the left.
  package var vectors: Int { pass.vectors }

  /// `G − back(R)`: what the projection leaves, whatever alpha the rule has.
  package func residual() -> Tensor {
    let rest = gradient.copy()
    let (r, basis) = (projected, pass.basis)
    if pass.side == .right {
      MatrixProduct.product(
        m: pass.rows, n: pass.columns, k: basis.rows, alpha: -1, r.pointer, lda: r.columns, basis.pointer,
        ldb: basis.columns, beta: 1, rest.pointer, ldc: pass.columns)
    } else {
      MatrixProduct.product(
        m: pass.rows, n: pass.columns, k: basis.rows, alpha: -1, basis.pointer, lda: basis.columns, transposeA: true,
        r.pointer, ldb: r.columns, beta: 1, rest.pointer, ldc: pass.columns)
    }
    return rest
  }

  /// Squares summed over each of the ``vectors`` of G's or R's shape.
  package func squares(of matrix: Tensor) -> [Double] {
    if pass.side == .right {
      let kernels = ElementWise.kernels
      return (0..<matrix.rows).map { kernels.sum_of_squares(matrix.pointer + $0 * matrix.columns, matrix.columns) }
    }
    let sums = Tensor(zeros: [matrix.columns])
    OptimizerKernels.best.add_squares(matrix.pointer, sums.pointer, matrix.rows, matrix.columns)
    return sums.values.map(Double.init)
  }

  /// The direction that this rule's Adam gives a gradient of G's shape, with moments of its own, which it updates.
  package func direction(of gradient: Tensor, _ moments: AdamMoments) -> Tensor {
    let direction = Tensor(uninitialized: gradient.shape)
    adam.direction(gradient, into: direction, state: moments.state, coefficients)
    return direction
  }
}

/// Adam's two moments of a matrix that no optimizer trains.
package final class AdamMoments {
  let state = ParameterState()

  package init(_ shape: [Int]) {
    state.set("m", .firstMoment, Tensor(zeros: shape))
    state.set("v", .secondMoment, Tensor(zeros: shape))
  }
}
