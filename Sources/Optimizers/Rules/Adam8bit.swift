import CKernels
import Tensors

extension OptimizerSpecification {
  static let adam8bit = OptimizerSpecification(
    name: "adam8bit", summary: "AdamW with moments of 8 bits", source: "bitsandbytes 0.50.2 AdamW8bit",
    options: Adam8bit.options, learningRate: 5e-5
  ) { Adam8bit($0) }
}

/// 8-bit Adam (Dettmers et al., 2022), as bitsandbytes 0.50.2 AdamW8bit on the CPU: adamw's step over moments kept as
/// codes of one byte, with a scale for each block.
///
/// The package's CPU quantizer does not always find the nearest code; ours does. `lookup=bitsandbytes-cpu` selects the
/// package's behavior.
struct Adam8bit: OptimizerRule {
  let adam: Adam
  let quantized: BlockAdamStep

  static let lookupOption = OptionSpecification(
    "lookup", .choice(Codebook.Lookup.allCases.map(\.rawValue)), default: "nearest",
    "how codes are found; bitsandbytes-cpu as that package's CPU code does")

  static let options: [OptionSpecification] = Adam.options + [.block(default: "256"), lookupOption]

  init(_ options: OptimizerOptions) {
    adam = Adam(options, form: .corrected, decayPlace: .before)
    let lookup = Codebook.Lookup(rawValue: options.text("lookup")) ?? .nearest
    quantized = BlockAdamStep(
      adam: adam, first: Codebook(QuantizationMap.dynamicSigned, lookup: lookup),
      second: Codebook(QuantizationMap.dynamicUnsigned, lookup: lookup), block: options.integer("block"))
  }

  /// Whether a tensor of `count` elements has quantized moments. Smaller tensors keep moments of 32 bits.
  static func quantizes(_ count: Int) -> Bool { count >= 4_096 }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { subspaceLayout(parameter.shape) }

  func step(_ update: ParameterUpdate) throws(OptimizerError) {
    if Adam8bit.quantizes(update.parameter.count) {
      try quantized.step(update)
    } else {
      try adam.step(update)
    }
  }
}

extension Adam8bit: SubspaceRule {
  func subspaceLayout(_ shape: [Int]) -> [StateEntry] {
    Adam8bit.quantizes(shape.reduce(1, *)) ? quantized.stateLayout(for: shape) : adam.subspaceLayout(shape)
  }

  func direction(over projected: Tensor, _ update: ParameterUpdate) -> ft_adam? {
    var step = adam.coefficients(update.context, decay: 0)
    // galore-torch decays after the update, unlike the rule on its own.
    let shrink = Float(1 - update.context.learningRate * update.decay)
    guard Adam8bit.quantizes(projected.count) else {
      adam.direction(projected, into: projected, state: update.state, step)
      step.decay_after = shrink
      return step
    }
    // The fused kernel steps a weight. With a weight of zeros and a step size of −1, the new weight is the direction.
    let (direction, fault, size) = (Tensor(zeros: projected.shape), BlockFault(), step.step_size)
    step.step_size = -1
    quantized.step(step, gradient: projected, weight: direction, state: update.state, blocks: nil, fault)
    guard !fault.isRaised else { return nil }
    projected.copyValues(from: direction)
    (step.step_size, step.decay_after) = (size, shrink)
    return step
  }
}
