import Tensors

/// What a kernel over quantized moments refused, on any thread.
final class BlockFault: Sendable {
  private let weight = Flag()
  private let moment = Flag()

  /// - Parameter status: as `QuantizedKernels.h` defines it.
  func note(_ status: Int32) {
    if status == 1 { weight.raise() }
    if status == 2 { moment.raise() }
  }

  var isRaised: Bool { weight.isRaised || moment.isRaised }

  /// Runs a step and throws what it refused.
  static func check(_ update: ParameterUpdate, _ step: (BlockFault) -> Void) throws(OptimizerError) {
    let fault = BlockFault()
    step(fault)
    guard fault.isRaised else { return }
    throw update.diverged(fault.moment.isRaised ? "a moment" : "the new weight")
  }
}
