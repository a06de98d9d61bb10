import Tensors

/// adam8bit's step of one parameter: moments as codes, or of 32 bits where there are few.
struct Adam8bitStep {
  let adam: AdamStep
  let quantized: BlockAdamStep

  static let lookupOption = OptionSpecification(
    "lookup", .choice(Codebook.Lookup.allCases.map(\.rawValue)), default: "nearest",
    "how codes are found; bitsandbytes-cpu as that package's CPU code does")

  static let options: [OptionSpecification] = AdamStep.options + [.block(default: "256"), lookupOption]

  init(_ options: OptimizerOptions) {
    adam = AdamStep(options, form: .corrected, decayPlace: .before)
    let lookup = Codebook.Lookup(rawValue: options.text("lookup")) ?? .nearest
    quantized = BlockAdamStep(
      adam: adam, first: Codebook(QuantizationMap.dynamicSigned, lookup: lookup),
      second: Codebook(QuantizationMap.dynamicUnsigned, lookup: lookup), block: options.integer("block"))
  }

  /// Smaller tensors keep moments of 32 bits.
  static func quantizes(_ count: Int) -> Bool { count >= 4_096 }

  func stateLayout(_ shape: [Int]) -> [StateEntry] {
    Adam8bitStep.quantizes(shape.reduce(1, *)) ? quantized.stateLayout(for: shape) : adam.subspaceLayout(shape)
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { stateLayout(parameter.shape) }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    if Adam8bitStep.quantizes(parameter.count) {
      try quantized.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
    } else {
      try adam.update(parameter, gradient: gradient, state: state, decay: decay, context: context)
    }
  }
}
