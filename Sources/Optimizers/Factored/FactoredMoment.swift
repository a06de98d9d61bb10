import CKernels
import Tensors

/// The second moment of Adafactor (Shazeer and Stern, 2018) and related rules. For a matrix it stores moving averages
/// of the row and column means of the squared gradient, r `[m]` and c `[n]`. For a vector it stores an average v of
/// each square.
///
/// The inverse root is `F(r,c)_ij = (r_i / mean(r))^(−½) · c_j^(−½)`, as in transformers' Adafactor and came-pytorch.
/// Those packages give NaN where `r_i / mean(r)` underflows and the gradient is 0; here a zero gradient gives 0.
struct FactoredMoment {
  /// Added to every square.
  let eps: Double
  /// The prefix of the state's names r, c and v, e.g. `distance_`.
  var prefix = ""
  var kind = StateKind.secondMoment

  static func isFactored(_ shape: [Int]) -> Bool { shape.count >= 2 }

  /// The tensors r and c, or v, for a gradient of this shape. The gradient may be a projected one.
  func stateLayout(_ shape: [Int]) -> [StateEntry] {
    guard FactoredMoment.isFactored(shape), let last = shape.last else {
      return [StateEntry(prefix + "v", kind, shape)]
    }
    let rows = shape.dropLast().reduce(1, *)
    return [StateEntry(prefix + "r", kind, [rows]), StateEntry(prefix + "c", kind, [last])]
  }

  /// Averages the squares of `scale · gradient` into the state.
  ///
  /// - Parameters:
  ///   - rows: the rows of a sparse gradient; `nil` for all rows. All other rows count as zero in every mean.
  ///   - beta: the weight of the old average.
  /// - Returns: F of the new state; `nil` when the gradient is not finite, and then the state is unchanged.
  func update(_ state: ParameterState, gradient: Tensor, scale: Float, rows: [Int]?, beta: Double) -> InverseRoot? {
    let kernels = OptimizerKernels.best
    guard FactoredMoment.isFactored(gradient.shape) else {
      let squares = Tensor(zeros: gradient.shape)
      guard kernels.square_sums(scale, gradient.pointer, squares.pointer, gradient.count).isFinite else { return nil }
      return update(state, squares: squares, beta: beta)
    }
    let columns = gradient.columns
    let rowSums = rows == nil ? Tensor(uninitialized: [gradient.rows]) : Tensor(zeros: [gradient.rows])
    let columnSums = RowRegions(gradient, rows: rows).columnSums(columns) { row, sums in
      rowSums.pointer[row] = kernels.square_sums(scale, gradient.pointer + row * columns, sums, columns)
    }
    return update(state, rowSums: rowSums, columnSums: columnSums, beta: beta)
  }

  /// Averages squares into the state, given their sums over each row, `[m]`, and over each column. `rowSums` is
  /// overwritten.
  ///
  /// - Returns: F of the new state; `nil` when a column sum is not finite, and then the state is unchanged.
  func update(_ state: ParameterState, rowSums: Tensor, columnSums: [Double], beta: Double) -> InverseRoot? {
    let kernels = OptimizerKernels.best
    let (m, n) = (rowSums.count, columnSums.count)
    guard columnSums.allSatisfy(\.isFinite) else { return nil }
    let (r, c) = (state.require(prefix + "r"), state.require(prefix + "c"))
    let (columnMeans, root) = (Tensor(uninitialized: [n]), InverseRoot(rows: m, columns: n))
    for column in 0..<n { columnMeans.pointer[column] = Float(columnSums[column] / Double(m)) }
    ElementWise.kernels.scale(Float(1 / Double(n)), rowSums.pointer, m)
    let (kept, fresh, eps) = (Float(beta), Float(1 - beta), Float(eps))
    _ = kernels.average(c.pointer, columnMeans.pointer, kept, fresh, eps, n)
    let total = kernels.average(r.pointer, rowSums.pointer, kept, fresh, eps, m)
    kernels.inverse_roots(r.pointer, total / Double(m), root.rows.pointer, m)
    kernels.inverse_roots(c.pointer, 1, root.columns.pointer, n)
    return root
  }

  /// Averages the squares of a vector into v. F is then the single row `v^(−½)`.
  private func update(_ state: ParameterState, squares: Tensor, beta: Double) -> InverseRoot {
    let kernels = OptimizerKernels.best
    let v = state.require(prefix + "v")
    let root = InverseRoot(rows: 1, columns: v.count)
    _ = kernels.average(v.pointer, squares.pointer, Float(beta), Float(1 - beta), Float(eps), v.count)
    root.rows.fill(1)
    kernels.inverse_roots(v.pointer, 1, root.columns.pointer, v.count)
    return root
  }
}

/// The matrix `F_ij = rows_i · columns_j`; for a vector F has one row.
struct InverseRoot {
  let rows: Tensor
  let columns: Tensor

  init(rows: Int, columns: Int) {
    (self.rows, self.columns) = (Tensor(uninitialized: [rows]), Tensor(uninitialized: [columns]))
  }

  static func ones(rows: Int, columns: Int) -> InverseRoot {
    let root = InverseRoot(rows: rows, columns: columns)
    root.rows.fill(1)
    root.columns.fill(1)
    return root
  }

  /// `F ← factor · F`.
  func scale(by factor: Double) { ElementWise.kernels.scale(Float(factor), rows.pointer, rows.count) }

  /// The RMS of `F ⊙ x` over all elements of x.
  ///
  /// - Parameter visited: the rows of x that may be nonzero; `nil` for all rows.
  func rootMeanSquare(of x: Tensor, rows visited: [Int]?) -> Double {
    let (kernels, width) = (OptimizerKernels.best, columns.count)
    let sum = RowRegions(x, rows: visited).sum { row in
      kernels.factored_square_sum(x.pointer + row * width, rows.pointer[row], columns.pointer, width)
    }
    return (sum / Double(x.count)).squareRoot()
  }

  /// Scales F so that the RMS of `F ⊙ x` is at most `threshold`.
  func clip(_ x: Tensor, threshold: Double, rows visited: [Int]?) {
    let excess = rootMeanSquare(of: x, rows: visited) / threshold
    if excess > 1 { scale(by: 1 / excess) }
  }

  /// `x ← F ⊙ x` in the given rows; `nil` for all rows.
  func apply(to x: Tensor, rows visited: [Int]?) {
    let (kernels, width) = (OptimizerKernels.best, columns.count)
    RowRegions(x, rows: visited).forEach { _, row in
      kernels.factored_scale(x.pointer + row * width, rows.pointer[row], columns.pointer, width)
    }
  }

  /// `m ← beta · m + (1 − beta) · F ⊙ x` in the given rows; `nil` for all rows.
  func average(_ x: Tensor, into m: Tensor, beta: Double, rows visited: [Int]?) {
    let (kernels, width) = (OptimizerKernels.best, columns.count)
    let (kept, fresh) = (Float(beta), Float(1 - beta))
    RowRegions(x, rows: visited).forEach { _, row in
      kernels.factored_average(
        x.pointer + row * width, rows.pointer[row], columns.pointer, kept, fresh, m.pointer + row * width, width)
    }
  }

  /// ``average(_:into:beta:rows:)``, then the sums of `(F ⊙ x − m)²` with the new m over each row and each column. Rows
  /// that are not visited count as 0.
  func averageMeasuringDistance(_ x: Tensor, into m: Tensor, beta: Double, rows visited: [Int]?) -> (
    rows: Tensor, columns: [Double]
  ) {
    let (kernels, width) = (OptimizerKernels.best, columns.count)
    let (kept, fresh) = (Float(beta), Float(1 - beta))
    let rowSums = visited == nil ? Tensor(uninitialized: [x.rows]) : Tensor(zeros: [x.rows])
    let columnSums = RowRegions(x, rows: visited).columnSums(width) { row, sums in
      rowSums.pointer[row] = kernels.came_average(
        x.pointer + row * width, rows.pointer[row], columns.pointer, kept, fresh, m.pointer + row * width, sums, width)
    }
    return (rowSums, columnSums)
  }

  /// `w ← w − decay · w − F ⊙ x`.
  ///
  /// - Returns: whether all new weights are finite. A weight that is not finite is not written.
  func step(_ x: Tensor, weight: Tensor, decay: Float, rows visited: [Int]?) -> Bool {
    let (kernels, width) = (OptimizerKernels.best, columns.count)
    return RowRegions(x, rows: visited).allFinite { row in
      kernels.factored_step(
        x.pointer + row * width, rows.pointer[row], columns.pointer, decay, weight.pointer + row * width, width)
    }
  }

  /// ``average(_:into:beta:rows:)``, then `w ← w − decay · w − m`, in one pass.
  ///
  /// - Returns: whether all new weights are finite.
  func averageAndStep(
    _ x: Tensor, m: Tensor, beta: Double, weight: Tensor, decay: Float, rows visited: [Int]?
  ) -> Bool {
    let (kernels, width) = (OptimizerKernels.best, columns.count)
    let (kept, fresh) = (Float(beta), Float(1 - beta))
    return RowRegions(x, rows: visited).allFinite { row in
      let start = row * width
      return kernels.factored_average_step(
        x.pointer + start, rows.pointer[row], columns.pointer, kept, fresh, m.pointer + start, decay,
        weight.pointer + start, width)
    }
  }
}
