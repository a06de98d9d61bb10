import Tensors

/// Adafactor's factorization of a matrix, `V ≈ r cᵀ / mean(r)`, where r holds the means of V's rows and c those of its
/// columns.
package enum RankOneRule {
  /// The row means `[m]` and column means `[n]` of a matrix `[m, n]`. Adafactor's factorization needs nothing else.
  static func means(of matrix: Tensor) -> (rows: Tensor, columns: Tensor) {
    let ones = Tensor(uninitialized: [1, matrix.columns])
    ones.fill(1 / Float(matrix.columns))
    let rows = MatrixProduct.product(matrix, ones, transposeB: true).reshaped([matrix.rows])
    let columns = Tensor(zeros: [matrix.columns])
    ElementWise.addColumnSums(of: matrix, into: columns)
    ElementWise.scale(columns, by: 1 / Float(matrix.rows))
    return (rows, columns)
  }

  /// `‖V − r cᵀ / mean(r)‖ / ‖V‖`, or 1 for a matrix whose mean is 0. No second moment other than zero has the mean 0.
  package static func errorRatio(of matrix: Tensor) -> Double {
    let (rows, columns) = means(of: matrix)
    let mean = rows.values.reduce(0.0) { $0 + Double($1) } / Double(rows.count)
    guard mean != 0 else { return 1 }
    var (rest, whole) = (0.0, 0.0)
    for row in 0..<matrix.rows {
      let (values, factor) = (matrix.pointer + row * matrix.columns, Double(rows.pointer[row]) / mean)
      for column in 0..<matrix.columns {
        let value = Double(values[column])
        let difference = value - factor * Double(columns.pointer[column])
        rest += difference * difference
        whole += value * value
      }
    }
    return (rest / whole).squareRoot()
  }
}
