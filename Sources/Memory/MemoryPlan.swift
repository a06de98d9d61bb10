import Optimizers
import Tensors

/// What training these parameters takes besides activations, in bytes, known before anything is allocated.
package struct MemoryPlan: Sendable, Equatable {
  /// Tensors that share memory, such as a tied head, count once.
  package let parametersBytes: Int
  /// Every gradient is held until the step is taken; frozen parameters have none.
  package let gradientsBytes: Int
  /// Before the first step, by kind; kinds without bytes are left out.
  package let optimizerState: [StateKind: Int]
  /// The most it may grow to: more where a rule chooses ranks as it goes.
  package let largestOptimizerState: [StateKind: Int]

  package var optimizerStateBytes: Int { optimizerState.values.reduce(0, +) }
  package var largestOptimizerStateBytes: Int { largestOptimizerState.values.reduce(0, +) }
  /// Of the three, with the state at its largest.
  package var totalBytes: Int { parametersBytes + gradientsBytes + largestOptimizerStateBytes }

  /// - Parameters:
  ///   - optimizer: its name in ``OptimizerRegistry``.
  ///   - options: as given, in kebab or snake case.
  /// - Throws: ``OptimizerError`` for an unknown optimizer or option.
  package init(_ model: ModelShape, optimizer: String, options: [(key: String, value: String)] = [])
    throws(OptimizerError)
  {
    parametersBytes = model.parameters.reduce(0) { $0 + $1.byteCount }
    gradientsBytes = model.parameters.reduce(0) { $0 + $1.gradientByteCount }
    let plan = try OptimizerPlan(optimizer, options: options)
    optimizerState = plan.stateBytes(model.parameters).filter { $0.value > 0 }
    largestOptimizerState = plan.stateBytes(model.parameters, atItsLargest: true).filter { $0.value > 0 }
  }
}
