import Support
import Tensors

/// What a rule needs to step one parameter once.
struct ParameterUpdate {
  let parameter: Parameter
  /// The parameter's value in float32, which the rule changes.
  let weight: Tensor
  /// The gradient before clipping: the rule multiplies by the context's gradient scale. The rule may overwrite the
  /// gradient.
  let gradient: Tensor
  let state: ParameterState
  /// Weight decay λ of this parameter; 0 for biases and norms.
  let decay: Double
  let context: StepContext

  /// The rows of a sparse gradient, in the order in which they were first written: all other rows are exactly zero.
  /// `nil` for a dense gradient.
  var touchedRows: [Int]? { parameter.touchedRows?.indices }

  /// The error to throw when a value is not finite.
  ///
  /// - Parameter what: names the value in the message, e.g. "the gradient".
  func diverged(_ what: String) -> OptimizerError {
    .diverged(
      parameter: parameter.name, step: context.birth + context.step, learningRate: context.learningRate, what: what)
  }

  /// The embedding rows that a rule leaves exactly as they are in a step without weight decay.
  enum StillRows {
    /// All rows that this sparse gradient leaves out. This holds for a rule that moves no weight without a gradient.
    case untouchedNow
    /// All rows that every gradient so far has left out. Their moments are zero.
    case neverTouched
  }

  /// The rows to step; `nil` for all rows. With weight decay every row is stepped.
  func rows(still: StillRows) -> [Int]? {
    guard decay == 0 else {
      state.activateAllRows()
      return nil
    }
    return still == .untouchedNow ? touchedRows : state.rowsToUpdate(for: parameter)
  }

  /// Runs an element-wise kernel over all elements that the step may change.
  ///
  /// - Parameter kernel: steps `count` elements from `start` on, and returns nonzero when a new weight is not finite.
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
