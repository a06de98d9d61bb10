import Support
import Tensors

/// One element-wise pass over what a step may change of a parameter.
enum ElementWiseUpdate {
  /// Embedding rows that a step without decay leaves as they are, exactly.
  enum StillRows {
    /// All that this gradient does not touch: the rule moves nothing without a gradient.
    case untouchedNow
    /// All that no gradient has ever touched: their moments are zero.
    case neverTouched
  }

  /// - Parameter kernel: steps `count` elements from `start` on; nonzero when a new weight is not finite.
  /// - Throws: ``OptimizerError/diverged(parameter:step:learningRate:what:)``.
  static func run<Coefficients>(
    _ parameter: Parameter, state: ParameterState, decay: Double, context: StepContext, still: StillRows,
    coefficients: Coefficients, _ kernel: (_ c: UnsafePointer<Coefficients>, _ start: Int, _ count: Int) -> Int32
  ) throws(OptimizerError) {
    let failed = Flag()
    let rows = rows(of: parameter, state: state, decay: decay, still: still)
    withUnsafePointer(to: coefficients) { c in
      guard let rows else {
        ElementWise.forEachSlice(parameter.count) { start, count in
          if kernel(c, start, count) != 0 { failed.raise() }
        }
        return
      }
      let width = parameter.value.columns
      ThreadPool.shared.parallel(count: rows.count, grain: max(1, 8_192 / max(1, width))) { range in
        for row in rows[range] where kernel(c, row * width, width) != 0 { failed.raise() }
      }
    }
    guard !failed.isRaised else { throw context.diverged(parameter, "the new weight") }
  }

  /// Rows to step; `nil`: all.
  static func rows(of parameter: Parameter, state: ParameterState, decay: Double, still: StillRows) -> [Int]? {
    guard decay == 0 else {
      state.activateAllRows()
      return nil
    }
    return still == .untouchedNow ? parameter.touchedRows?.indices : state.rowsToUpdate(for: parameter)
  }
}
