/// An optimizer of the registry: its name, its options and a closure that makes its rule.
package struct OptimizerSpecification: Sendable {
  package let name: String
  package let summary: String
  /// The paper or package whose rule this optimizer follows, e.g. `torch.optim.AdamW`.
  package let source: String
  package let options: [OptionSpecification]
  /// The default learning rate for fine-tuning.
  package let learningRate: Double
  /// Returns an option that contradicts another, with the accepted values in words; `nil` where none does.
  let conflict: @Sendable (OptimizerOptions) -> (key: String, expected: String)?
  /// Makes the rule from checked options.
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
