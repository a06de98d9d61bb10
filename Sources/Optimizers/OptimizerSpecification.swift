/// An optimizer of the registry: its name, its options and how its rule is made.
package struct OptimizerSpecification: Sendable {
  package let name: String
  package let summary: String
  /// Paper or package whose rule it follows.
  package let source: String
  package let options: [OptionSpecification]
  /// Rate for fine-tuning when nothing else names one.
  package let learningRate: Double
  /// Finds an option that contradicts another, and says what it should be.
  let conflict: @Sendable (OptimizerOptions) -> (key: String, expected: String)?
  /// The rule under these options.
  let makeRule: @Sendable (OptimizerOptions) -> any OptimizerRule

  init(
    name: String, summary: String, source: String, options: [OptionSpecification], learningRate: Double,
    conflict: @escaping @Sendable (OptimizerOptions) -> (key: String, expected: String)? = { _ in nil },
    makeRule: @escaping @Sendable (OptimizerOptions) -> any OptimizerRule
  ) {
    (self.name, self.summary, self.source) = (name, summary, source)
    (self.options, self.learningRate, self.conflict, self.makeRule) = (options, learningRate, conflict, makeRule)
  }
}
