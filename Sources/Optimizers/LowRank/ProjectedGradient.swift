import CKernels
import Tensors

/// Fira's intermediate results for a matrix in one step: the gradient G, its projection R, and the direction N that
/// Adam computes from R.
package struct ProjectedGradient {
  package let parameter: Parameter
  package let step: Int
  /// G after clipping.
  package let gradient: Tensor
  /// R, which is `[m, rank]` on the right and `[rank, n]` on the left.
  package let projected: Tensor
  /// N, of R's shape.
  package let direction: Tensor
  let pass: ProjectedPass
  let adam: Adam
  let coefficients: ft_adam

  /// The number of scaling factors: one for each row (right) or column (left) of the matrix.
  package var vectors: Int { pass.vectors }

  /// `G − back(R)`, the part of the gradient outside the subspace. The rule's alpha is not applied.
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

  /// The sum of squares over each of the ``vectors`` of a matrix of G's or R's shape.
  package func squares(of matrix: Tensor) -> [Double] {
    if pass.side == .right {
      let kernels = ElementWise.kernels
      return (0..<matrix.rows).map { kernels.sum_of_squares(matrix.pointer + $0 * matrix.columns, matrix.columns) }
    }
    let sums = Tensor(zeros: [matrix.columns])
    OptimizerKernels.best.add_squares(matrix.pointer, sums.pointer, matrix.rows, matrix.columns)
    return sums.values.map(Double.init)
  }

  /// The direction that the rule's Adam computes from a gradient of G's shape. It reads and updates `moments`, not the
  /// state of the optimizer.
  package func direction(of gradient: Tensor, _ moments: AdamMoments) -> Tensor {
    let direction = Tensor(uninitialized: gradient.shape)
    adam.direction(gradient, into: direction, state: moments.state, coefficients)
    return direction
  }
}

/// Adam's two moments of a matrix, outside any optimizer.
package final class AdamMoments {
  let state = ParameterState()

  package init(_ shape: [Int]) {
    state.set("m", .firstMoment, Tensor(zeros: shape))
    state.set("v", .secondMoment, Tensor(zeros: shape))
  }
}
