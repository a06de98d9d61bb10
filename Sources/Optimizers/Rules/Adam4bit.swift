import Tensors

extension OptimizerSpecification {
  static let adam4bit = OptimizerSpecification(
    name: "adam4bit", summary: "AdamW with moments of 4 bits", source: "thu-ml/low-bit-optimizers",
    options: Adam.options + [
      .block(default: "128"),
      OptionSpecification(
        "v-scale", .choice(["rank1", "group"]), default: "rank1",
        "scales of a matrix's second moment: the smaller of row and column maximum, or one for each block"),
    ], learningRate: 5e-5
  ) { Adam4bit($0) }
}

/// 4-bit Adam (Li et al., 2023), as thu-ml/low-bit-optimizers with its `configs/default.yml`: adamw's step over moments
/// kept as codes of half a byte.
///
/// Without a configuration file, the package scales the second moment of matrices by blocks too, as `v-scale=group`
/// does.
struct Adam4bit: OptimizerRule {
  /// Tensors up to this size keep moments of 32 bits.
  static let largestExact = 4_096

  private let adam: Adam
  private let blocks: BlockAdamStep
  private let isRankOne: Bool

  init(_ options: OptimizerOptions) {
    adam = Adam(options, form: .corrected, decayPlace: .before)
    blocks = BlockAdamStep(
      adam: adam, first: Codebook(QuantizationMap.fourBitSigned), second: Codebook(QuantizationMap.fourBitUnsigned),
      block: options.integer("block"))
    isRankOne = options.text("v-scale") == "rank1"
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] {
    if parameter.count <= Adam4bit.largestExact { return adam.stateLayout(for: parameter) }
    return isRankOne && parameter.shape.count == 2
      ? RankOneAdamStep(blocks: blocks).stateLayout(for: parameter.shape) : blocks.stateLayout(for: parameter.shape)
  }

  func step(_ update: ParameterUpdate) throws(OptimizerError) {
    if update.parameter.count <= Adam4bit.largestExact {
      try adam.step(update)
    } else if isRankOne && update.parameter.shape.count == 2 {
      try RankOneAdamStep(blocks: blocks).step(update)
    } else {
      try blocks.step(update)
    }
  }
}
