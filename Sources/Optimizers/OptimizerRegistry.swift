/// The list of all optimizers.
package enum OptimizerRegistry {
  /// All specifications, in the order in which they are shown to the user.
  package static let specifications: [OptimizerSpecification] = [
    .sgd, .sgdm, .adam, .adamw, .adagrad, .sm3, .adafactor, .came, .adapprox, .galore, .galoreAdafactor,
    .galoreAdam8bit, .fira, .firaOnlyScaling, .flora, .adam8bit, .adam4bit, .adamMini, .lion, .ademamix,
  ]

  package static var names: [String] { specifications.map(\.name) }

  /// Finds an optimizer by its name, e.g. `adamw`.
  ///
  /// - Throws: ``OptimizerError/unknownOptimizer(name:known:)``.
  package static func specification(_ name: String) throws(OptimizerError) -> OptimizerSpecification {
    guard let found = specifications.first(where: { $0.name == name }) else {
      throw .unknownOptimizer(name: name, known: names)
    }
    return found
  }
}
