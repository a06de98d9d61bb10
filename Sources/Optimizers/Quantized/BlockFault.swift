import Tensors

/// Records the non-finite values that a kernel over quantized moments refused to write, on any thread.
final class BlockFault: Sendable {
  private let weight = Flag()
  private let moment = Flag()

  /// - Parameter status: the status of a kernel, as `QuantizedKernels.h` defines it.
  func note(_ status: Int32) {
    if status == 1 { weight.raise() }
    if status == 2 { moment.raise() }
  }

  var isRaised: Bool { weight.isRaised || moment.isRaised }

  /// Runs a step.
  ///
  /// - Throws: ``OptimizerError/diverged(parameter:step:learningRate:what:)`` when a moment or new weight is not
  ///   finite.
  static func check(_ update: ParameterUpdate, _ step: (BlockFault) -> Void) throws(OptimizerError) {
    let fault = BlockFault()
    step(fault)
    guard fault.isRaised else { return }
    throw update.diverged(fault.moment.isRaised ? "a moment" : "the new weight")
  }
}
