import Tensors

/// 8-bit Adam (Dettmers et al., 2022), as bitsandbytes 0.50.2 AdamW8bit on the CPU: adamw's step over moments kept as
/// codes of one byte, with a scale for each block.
///
/// The package's CPU quantizer is not the nearest code; ours is, and `lookup=bitsandbytes-cpu` gives the package's.
final class Adam8bit: OptimizerRule {
  static let specification = OptimizerSpecification(
    name: "adam8bit", summary: "AdamW with moments of 8 bits", source: "bitsandbytes 0.50.2 AdamW8bit",
    options: Adam8bitStep.options, learningRate: 5e-5)

  private let step: Adam8bitStep

  init(_ options: OptimizerOptions) { step = Adam8bitStep(options) }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { step.stateLayout(for: parameter) }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    try step.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
  }
}

extension OptionSpecification {
  /// Elements that share a scale: sizes that bitsandbytes accepts.
  static func block(default value: String) -> OptionSpecification {
    OptionSpecification(
      "block", .choice(["64", "128", "256", "512", "1024", "2048", "4096"]), default: value,
      "consecutive elements that share a scale")
  }
}
