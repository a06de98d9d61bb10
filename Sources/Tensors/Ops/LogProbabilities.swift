import CKernels
import Support

/// What turns a row of logits into log-probabilities.
package struct LogNormalizer: Sendable {
  /// The largest logit.
  package let highest: Float
  /// `log Σ exp(logit − highest)`. NaN when a logit is NaN or +∞, or all are −∞.
  package let logSum: Double

  /// The log softmax of one logit of the row, in nats.
  package func logProbability(of logit: Float) -> Double { Double(logit - highest) - logSum }
}

extension Tensor {
  /// For each row of `[rows, classes]`, what its log-probabilities are computed with.
  package func logNormalizers() -> [LogNormalizer] {
    let (kernels, width) = (ElementWise.kernels, columns)
    return inParallel { row in
      var highest: Float = 0
      let logSum = kernels.log_sum_exp(pointer + row * width, width, &highest)
      return LogNormalizer(highest: highest, logSum: logSum)
    }
  }

  /// For each row, the columns of its `count` largest elements, the largest first; of equal elements the one of the
  /// lower column. A NaN is never among them.
  package func largest(_ count: Int) -> [[Int]] {
    let width = columns
    return inParallel { row in
      let values = pointer + row * width
      var best: [Int] = []
      best.reserveCapacity(count + 1)
      var threshold = -Float.infinity
      for column in 0..<width where values[column] > threshold || (best.count < count && values[column] == threshold) {
        let value = values[column]
        best.insert(column, at: best.firstIndex { values[$0] < value } ?? best.count)
        if best.count > count { best.removeLast() }
        if best.count == count, let last = best.last { threshold = values[last] }
      }
      return best
    }
  }

  private func inParallel<Result>(_ body: (Int) -> Result) -> [Result] {
    precondition(!DryRun.isOn, "no results without storage")
    return Array(unsafeUninitializedCapacity: rows) { buffer, count in
      let results = buffer
      ThreadPool.shared.parallel(count: rows, grain: Grain.rows(width: columns)) { range in
        for row in range { results.initializeElement(at: row, to: body(row)) }
      }
      count = rows
    }
  }
}
