import Support
import Tensors

/// One step of one parameter, as a rule is given it.
struct ParameterUpdate {
  let parameter: Parameter
  /// Still to be multiplied by the context's gradient scale. The rule may overwrite it.
  let gradient: Tensor
  let state: ParameterState
  /// Weight decay λ of this parameter; 0 for biases and norms.
  let decay: Double
  let context: StepContext

  var weight: Tensor { parameter.value }
  /// Rows that the gradient touches, in order of first touch, when all others are exactly zero; `nil`: all rows.
  var touchedRows: [Int]? { parameter.touchedRows?.indices }

  /// The error of a gradient or weight that is not finite.
  func diverged(_ what: String) -> OptimizerError {
    .diverged(parameter: parameter.name, step: context.step, learningRate: context.learningRate, what: what)
  }

  /// Embedding rows that a step without decay leaves as they are, exactly.
  enum StillRows {
    /// All that this gradient does not touch: the rule moves nothing without a gradient.
    case untouchedNow
    /// All that no gradient has ever touched: their moments are zero.
    case neverTouched
  }

  /// Rows to step; `nil`: all.
  func rows(still: StillRows) -> [Int]? {
    guard decay == 0 else {
      state.activateAllRows()
      return nil
    }
    return still == .untouchedNow ? touchedRows : state.rowsToUpdate(for: parameter)
  }

  /// One element-wise pass over what the step may change.
  ///
  /// - Parameter kernel: steps `count` elements from `start` on; nonzero when a new weight is not finite.
  /// - Throws: ``OptimizerError/diverged(parameter:step:learningRate:what:)``.
  func forEachElement<Coefficients>(
    still: StillRows, _ coefficients: Coefficients,
    _ kernel: (_ c: UnsafePointer<Coefficients>, _ start: Int, _ count: Int) -> Int32
  ) throws(OptimizerError) {
    let failed = Flag()
    let rows = rows(still: still)
    withUnsafePointer(to: coefficients) { c in
      guard let rows else {
        ElementWise.forEachSlice(parameter.count) { start, count in
          if kernel(c, start, count) != 0 { failed.raise() }
        }
        return
      }
      let width = weight.columns
      ThreadPool.shared.parallel(count: rows.count, grain: max(1, 8_192 / max(1, width))) { range in
        for row in rows[range] where kernel(c, row * width, width) != 0 { failed.raise() }
      }
    }
    guard !failed.isRaised else { throw diverged("the new weight") }
  }
}
