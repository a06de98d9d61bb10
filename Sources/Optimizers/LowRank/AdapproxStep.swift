import CKernels
import Support
import Tensors

/// Adapprox's step, taken block by block as blocks of the second moment V become known: `N = G / (√V + ε)` is clipped,
/// then `M ← β1 M + (1 − β1) N` and `W ← W − η (M̂ + λW)`.
///
/// M̂ is M, multiplied by a factor with cosine guidance, or N where β1 is 0.
final class AdapproxStep {
  private(set) var coefficients: ft_adapprox
  private let clip: Double
  /// The largest factor of cosine guidance and its ε_c; `nil` without cosine guidance.
  private let cosine: (limit: Double, eps: Double)?
  private let update: ParameterUpdate
  /// The average M; `nil` where β1 is 0.
  private let average: Tensor?
  private let failed = Flag()
  /// The sums ⟨N, M⟩, ‖N‖² and ‖M‖² for the cosine, three for each row; a block's are stored at its first row.
  private var agreement: PartialSums?

  private var gradient: Tensor { update.gradient }

  /// Sums that are 0 at first. Threads write them concurrently, each thread its own ones.
  private final class PartialSums {
    let values: UnsafeMutablePointer<Double>
    let count: Int
    init(count: Int) {
      self.count = count
      values = .allocate(capacity: count)
      values.initialize(repeating: 0, count: count)
    }
    deinit { values.deallocate() }
  }

  init(
    _ update: ParameterUpdate, coefficients: ft_adapprox, clip: Double, cosine: (limit: Double, eps: Double)?
  ) {
    (self.coefficients, self.clip, self.cosine) = (coefficients, clip, cosine)
    (self.update, average) = (update, update.state["m"])
  }

  private func limit(directionSquares: Double) {
    let rms = (directionSquares / Double(max(1, gradient.count))).squareRoot()
    coefficients.clip = Float(1 / max(1, rms / clip))
  }

  /// A visitor that takes the step for a block of rows of V. It can be made once Σ N² is known, which decides on
  /// clipping.
  ///
  /// With cosine guidance the visitor updates M only, and ``finish()`` updates the weight.
  func visitor(directionSquares: Double) -> SecondMoment.Visitor {
    limit(directionSquares: directionSquares)
    let (coefficients, columns, kernels) = (coefficients, gradient.columns, OptimizerKernels.best)
    guard directionSquares.isFinite else { return { _, _, _ in } }
    if cosine != nil, let average {
      let sums = PartialSums(count: 3 * gradient.rows)
      agreement = sums
      return { [gradient] row, rows, block in
        withUnsafePointer(to: coefficients) {
          kernels.adapprox_moment(
            $0, gradient.pointer + row * columns, block, average.pointer + row * columns, sums.values + 3 * row,
            rows * columns)
        }
      }
    }
    return { [gradient, average, weight = update.weight, failed] row, rows, block in
      let offset = row * columns
      let status = withUnsafePointer(to: coefficients) {
        kernels.adapprox_step(
          $0, gradient.pointer + offset, block, average.map { $0.pointer + offset }, weight.pointer + offset,
          rows * columns)
      }
      if status != 0 { failed.raise() }
    }
  }

  /// Ends the step. With cosine guidance the weight is updated here, since the cosine needs all of M.
  ///
  /// - Throws: ``OptimizerError/diverged(parameter:step:learningRate:what:)`` when a new weight is not finite.
  func finish() throws(OptimizerError) {
    if let cosine, let average, let agreement {
      var sums = (inner: 0.0, ours: 0.0, theirs: 0.0)
      for index in stride(from: 0, to: agreement.count, by: 3) {
        sums.inner += agreement.values[index]
        sums.ours += agreement.values[index + 1]
        sums.theirs += agreement.values[index + 2]
      }
      let norms = (sums.ours * sums.theirs).squareRoot()
      let cosineOfAngle = norms > 0 ? min(1, max(-1, sums.inner / norms)) : 0
      let factor = min(1 / (1 - cosineOfAngle + cosine.eps), cosine.limit)
      var step = ft_adam()
      step.step_size = Float(Double(coefficients.step_size) * factor)
      (step.decay_before, step.decay_after) = (coefficients.decay, 1)
      let kernels = OptimizerKernels.best
      ElementWise.forEachSlice(average.count) { start, count in
        let status = withUnsafePointer(to: step) {
          kernels.apply($0, average.pointer + start, update.weight.pointer + start, count)
        }
        if status != 0 { failed.raise() }
      }
    }
    guard !failed.isRaised else { throw update.diverged("the new weight") }
  }

  /// Takes the whole step when the gradient has been replaced by N. Cosine guidance must be off.
  ///
  /// - Parameter squares: Σ N².
  func takeFromDirection(squares: Double) throws(OptimizerError) {
    limit(directionSquares: squares)
    let (kernels, coefficients) = (OptimizerKernels.best, coefficients)
    let weight = update.weight
    ElementWise.forEachSlice(gradient.count) { [gradient, average, failed] start, count in
      let status = withUnsafePointer(to: coefficients) {
        kernels.adapprox_apply(
          $0, gradient.pointer + start, average.map { $0.pointer + start }, weight.pointer + start, count)
      }
      if status != 0 { failed.raise() }
    }
    try finish()
  }

  /// Takes the whole step with a dense V. That is the case for vectors, and for matrices whose factors would take more
  /// memory than the matrix.
  func takeDense(_ v: Tensor) throws(OptimizerError) {
    let kernels = OptimizerKernels.best
    let (rows, columns, coefficients) = (gradient.rows, gradient.columns, coefficients)
    // The blocks do not depend on the thread count and are added up in order, so neither does the sum.
    let length = Grain.rows(width: columns)
    let blocks = (rows + length - 1) / length
    let sums = PartialSums(count: blocks)
    ThreadPool.shared.parallel(blocks) { block in
      let (start, end) = (block * length, min(rows, (block + 1) * length))
      sums.values[block] = withUnsafePointer(to: coefficients) {
        kernels.second_moment_dense(
          $0, gradient.pointer + start * columns, v.pointer + start * columns, (end - start) * columns)
      }
    }
    let total = (0..<blocks).reduce(0) { $0 + sums.values[$1] }
    guard total.isFinite else { throw update.diverged("the gradient") }
    let visit = visitor(directionSquares: total)
    ThreadPool.shared.parallel(blocks) { block in
      let (start, end) = (block * length, min(rows, (block + 1) * length))
      visit(start, end - start, v.pointer + start * columns)
    }
    try finish()
  }
}
