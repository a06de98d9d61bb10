import Optimizers
import Tensors

/// The bytes that training takes for parameters, gradients and optimizer state, computed before anything is allocated.
///
/// Activations depend on the batches and are in ``PassMemory``.
package struct MemoryPlan: Sendable, Equatable {
  /// Tensors that share memory, such as a tied head, count once.
  package let parametersBytes: Int
  /// The gradients that are held until the optimizer step: those of all trainable parameters, unless each is updated as
  /// soon as its gradient is final.
  package let gradientsBytes: Int
  /// Optimizer state before the first step, by kind. Kinds without bytes are left out.
  package let optimizerState: [StateKind: Int]
  /// The most that the optimizer state may grow to. It exceeds ``optimizerState`` for a rule that adapts its ranks.
  package let largestOptimizerState: [StateKind: Int]

  package var optimizerStateBytes: Int { optimizerState.values.reduce(0, +) }
  package var largestOptimizerStateBytes: Int { largestOptimizerState.values.reduce(0, +) }
  /// Parameters, gradients and optimizer state at its largest.
  package var totalBytes: Int { parametersBytes + gradientsBytes + largestOptimizerStateBytes }

  /// - Parameters:
  ///   - optimizer: its name in ``OptimizerRegistry``.
  ///   - options: the optimizer's options as the user gave them, in kebab or snake case.
  ///   - heldGradients: the names of the gradients that are held until the optimizer step; `nil` for all.
  /// - Throws: ``OptimizerError`` for an unknown optimizer or option.
  package init(
    _ model: ModelShape, optimizer: String, options: [(key: String, value: String)] = [],
    heldGradients: Set<String>? = nil
  ) throws(OptimizerError) {
    parametersBytes = model.parameters.reduce(0) { $0 + $1.byteCount }
    let held = model.parameters.filter { heldGradients?.contains($0.name) ?? true }
    gradientsBytes = held.reduce(0) { $0 + $1.gradientByteCount }
    let plan = try OptimizerPlan(optimizer, options: options)
    optimizerState = plan.stateBytes(model.parameters).filter { $0.value > 0 }
    largestOptimizerState = plan.stateBytes(model.parameters, atItsLargest: true).filter { $0.value > 0 }
  }
}
