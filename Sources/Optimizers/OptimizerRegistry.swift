/// Every optimizer, in the order in which it is listed.
public enum OptimizerRegistry {
  private static var all: [any OptimizerRule.Type] {
    [
      SGD.self,
      SGDM.self,
      Adam.self,
      AdamW.self,
      Adagrad.self,
      SM3.self,
      Adafactor.self,
      CAME.self,
      Adapprox.self,
      GaLore.self,
      GaLoreAdafactor.self,
      GaLoreAdam8bit.self,
      Fira.self,
      FiraOnlyScaling.self,
      Flora.self,
      Adam8bit.self,
      Adam4bit.self,
      AdamMini.self,
      Lion.self,
      AdEMAMix.self,
    ]
  }

  public static var specifications: [OptimizerSpecification] { all.map { $0.specification } }
  public static var names: [String] { specifications.map(\.name) }

  /// - Throws: ``OptimizerError/unknownOptimizer(name:known:)``.
  static func find(_ name: String) throws(OptimizerError) -> any OptimizerRule.Type {
    guard let rule = all.first(where: { $0.specification.name == name }) else {
      throw .unknownOptimizer(name: name, known: names)
    }
    return rule
  }

  /// What `list optimizers` and presets need to know of one optimizer.
  public static func specification(_ name: String) throws(OptimizerError) -> OptimizerSpecification {
    try find(name).specification
  }
}
