import CKernels
import Support
import Tensors

/// The products of one projected update, cut into blocks of rows (right side) or columns (left side) that fit the cache
/// and share nothing. Everything is written over the gradient: no temporary has the weight's size.
struct ProjectedPass {
  let weight: Tensor
  /// `[m, n]`; becomes the residual, then the update.
  let gradient: Tensor
  /// `[rank, n]` or `[rank, m]`.
  let basis: Tensor
  let side: ProjectionSide

  private var m: Int { gradient.rows }
  private var n: Int { gradient.columns }
  private var rank: Int { basis.rows }
  private static let blockLength = 64

  /// Runs `body(block, range)` for each block of rows or columns.
  private func forEachBlock(_ body: (Int, Range<Int>) -> Void) {
    let length = side == .right ? m : n
    ThreadPool.shared.parallel(blockCount) { block in
      let start = block * ProjectedPass.blockLength
      body(block, start..<min(length, start + ProjectedPass.blockLength))
    }
  }

  private var blockCount: Int { ((side == .right ? m : n) + ProjectedPass.blockLength - 1) / ProjectedPass.blockLength }

  /// `R = project(scale · G)` into `target`: `[m, rank]` or `[rank, n]`.
  func project(scale: Float, into target: Tensor) {
    forEachBlock { _, range in
      if side == .right {
        MatrixProduct.serial(
          range.count, rank, n, scale, gradient.pointer + range.lowerBound * n, n, false, basis.pointer, n, true, 0,
          target.pointer + range.lowerBound * rank, rank)
      } else {
        MatrixProduct.serial(
          rank, range.count, m, scale, basis.pointer, m, false, gradient.pointer + range.lowerBound, n, false, 0,
          target.pointer + range.lowerBound, n)
      }
    }
  }

  /// `gradient ← factor · back(x) + rest · gradient` within one block.
  private func addBack(_ x: Tensor, _ factor: Float, rest: Float, _ range: Range<Int>) {
    if side == .right {
      MatrixProduct.serial(
        range.count, n, rank, factor, x.pointer + range.lowerBound * rank, rank, false, basis.pointer, n, false, rest,
        gradient.pointer + range.lowerBound * n, n)
    } else {
      MatrixProduct.serial(
        m, range.count, rank, factor, basis.pointer, m, true, x.pointer + range.lowerBound, n, false, rest,
        gradient.pointer + range.lowerBound, n)
    }
  }

  /// Adam's moments over R, its direction N into `direction`; R itself is kept for the residual.
  func direction(into direction: Tensor, m: Tensor, v: Tensor, adam: ft_adam) {
    project(scale: adam.gradient_scale, into: projected)
    var c = adam
    c.gradient_scale = 1
    let kernels = ft_optimizer_kernels_best().pointee
    ElementWise.forEachSlice(direction.count) { start, count in
      withUnsafePointer(to: &c) {
        kernels.adam_direction(
          $0, projected.pointer + start, m.pointer + start, v.pointer + start, direction.pointer + start, count)
      }
    }
  }

  /// R of the last ``direction(into:m:v:adam:)``.
  let projected: Tensor

  init(weight: Tensor, gradient: Tensor, basis: Tensor, side: ProjectionSide) {
    (self.weight, self.gradient, self.basis, self.side) = (weight, gradient, basis, side)
    projected = Tensor(
      uninitialized: side == .right ? [gradient.rows, basis.rows] : [basis.rows, gradient.columns])
  }

  /// `gradient ← φ ⊙ (scale · gradient − alpha · back(R))` with `φ = ‖N‖ / (‖R‖ + 1e-8)` over the projected dimension.
  ///
  /// - Returns: the Frobenius norm of the result.
  func residual(direction: Tensor, alpha: Float, scale: Float, byMatrix: Bool) -> Double {
    let factors = scalingFactors(direction, byMatrix: byMatrix)
    let kernels = ElementWise.kernels
    let sums = UnsafeMutablePointer<Double>.allocate(capacity: blockCount)
    defer { sums.deallocate() }
    forEachBlock { block, range in
      addBack(projected, -alpha, rest: scale, range)
      var total = 0.0
      if side == .right {
        for row in range {
          kernels.scale(factors[row], gradient.pointer + row * n, n)
          total += kernels.sum_of_squares(gradient.pointer + row * n, n)
        }
      } else {
        factors.withUnsafeBufferPointer { factors in
          guard let base = factors.baseAddress else { return }
          for row in 0..<m {
            let segment = gradient.pointer + row * n + range.lowerBound
            kernels.multiply(base + range.lowerBound, segment, range.count)
            total += kernels.sum_of_squares(segment, range.count)
          }
        }
      }
      sums[block] = total
    }
    return (0..<blockCount).reduce(0.0) { $0 + sums[$1] }.squareRoot()
  }

  /// `gradient ← alpha · back(N) + residualScale · gradient`, the update.
  func combine(direction: Tensor, alpha: Float, residualScale: Float) {
    forEachBlock { _, range in addBack(direction, alpha, rest: residualScale, range) }
  }

  /// One factor for each row (right side) or column (left side).
  private func scalingFactors(_ direction: Tensor, byMatrix: Bool) -> [Float] {
    let count = side == .right ? m : n
    if byMatrix {
      let ratio =
        ElementWise.sumOfSquares(direction).squareRoot() / (ElementWise.sumOfSquares(projected).squareRoot() + 1e-8)
      return Array(repeating: Float(ratio), count: count)
    }
    let (step, stride) = side == .right ? (rank, 1) : (1, n)
    func norm(_ x: Tensor, _ index: Int) -> Float {
      var sum: Float = 0
      for position in 0..<rank {
        let value = x.pointer[index * step + position * stride]
        sum += value * value
      }
      return sum.squareRoot()
    }
    return (0..<count).map { norm(direction, $0) / (norm(projected, $0) + 1e-8) }
  }
}
