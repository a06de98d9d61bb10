import Memory
import Models
import Optimizers
import Support

/// A run that is prepared, planned and checked to fit in memory (unless `force` is set), before weights are loaded.
struct PlannedRun {
  let prepared: Preparation
  let plan: RunPlan
  let order: WindowOrder
  let train: any EncodedExamples
  let loss: LossSettings
  let memory: RunMemory

  /// - Throws: the error of the settings, data or checkpoint; ``TrainingError/doesNotFit(_:)``.
  init(_ settings: RunSettings, note: (String) -> Void) throws {
    try settings.checkCombinations()
    let specification = try settings.checkedOptimizer()
    prepared = try Preparation(settings, note: note)
    guard let train = prepared.train else {
      throw TrainingError.internalFault("a run was prepared without training data")
    }
    self.train = train
    loss = try LossSettings(settings, head: prepared.taskProtocol.head, classes: prepared.taskProtocol.classes) {
      train.targets(Array(0..<train.count))
    }
    order = settings.order(of: train.count)
    plan = try RunPlan(prepared, specification, stepsPerEpoch: order.stepsPerEpoch)
    let (dev, taskProtocol) = (prepared.dev, prepared.taskProtocol)
    memory = try MemoryCheck(
      settings: settings, shape: prepared.checkpoint.shape, examples: train, order: order,
      totalSteps: plan.totalSteps,
      evaluation: { budget in dev.flatMap { taskProtocol.largestPasses(of: $0, tokenBudget: budget) } },
      cachedTokens: prepared.dev.map(prepared.taskProtocol.cachedTokens).max() ?? 0
    ).plan()
  }

  /// The `task` member of `results.json`, with the weights that the labels have in the loss.
  var record: JSON {
    guard let weights = loss.json, var object = prepared.data.record.object else { return prepared.data.record }
    object["class_weights"] = weights
    return .object(object)
  }
}
