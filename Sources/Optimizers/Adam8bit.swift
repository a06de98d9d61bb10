import Tensors

/// 8-bit Adam (Dettmers et al., 2022), as bitsandbytes 0.50.2 AdamW8bit on the CPU: adamw's step over moments kept as
/// codes of one byte, with a scale for each block.
///
/// The package's CPU quantizer is not the nearest code; ours is, and `lookup=bitsandbytes-cpu` gives the package's.
final class Adam8bit: OptimizerRule {
  static let specification = OptimizerSpecification(
    name: "adam8bit", summary: "AdamW with moments of 8 bits", source: "bitsandbytes 0.50.2 AdamW8bit",
    options: [
      .beta("beta1", "0.9", "average of the gradient"), .beta("beta2", "0.999", "average of its square"), .eps("1e-8"),
      .block(default: "256"), lookupOption,
    ], learningRate: 5e-5)

  static let lookupOption = OptionSpecification(
    "lookup", .choice(Codebook.Lookup.allCases.map(\.rawValue)), default: "nearest",
    "how codes are found; bitsandbytes-cpu as that package's CPU code does")

  /// Smaller tensors keep moments of 32 bits.
  static let smallestQuantized = 4_096

  private let adam: AdamStep
  private let quantized: BlockAdamStep

  init(_ options: OptimizerOptions) {
    adam = AdamStep(
      beta1: options.number("beta1"), beta2: options.number("beta2"), eps: options.number("eps"), form: .corrected,
      decayPlace: .before)
    let lookup = Codebook.Lookup(rawValue: options.text("lookup")) ?? .nearest
    quantized = BlockAdamStep(
      adam: adam, first: Codebook(QuantizationMap.dynamicSigned, lookup: lookup),
      second: Codebook(QuantizationMap.dynamicUnsigned, lookup: lookup), block: options.integer("block"))
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] {
    parameter.count < Adam8bit.smallestQuantized
      ? adam.stateLayout(for: parameter) : quantized.stateLayout(for: parameter.shape)
  }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    if parameter.count < Adam8bit.smallestQuantized {
      try adam.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
    } else {
      try quantized.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
    }
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
