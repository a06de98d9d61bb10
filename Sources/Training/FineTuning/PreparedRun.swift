import Foundation
import Support
import Tasks
import Tensors

/// Everything of a run but its weights: read, checked and planned.
struct PreparedRun {
  let task: BenchmarkTask
  let source: DataLocation.Source
  let opened: OpenedCheckpoint
  let order: WindowOrder
  let plan: RunPlan
  let train: EncodedSplit
  let dev: EncodedSplit
  let memory: RunMemory

  /// - Throws: whatever is wrong with settings, data or checkpoint; ``TrainingError/doesNotFit(_:)``.
  init(_ settings: RunSettings, note: (String) -> Void) throws {
    guard let taskName = settings.task else {
      throw TrainingError.missingOption(
        name: "--task", expected: "one of \(TaskRegistry.names.joined(separator: ", "))")
    }
    let specification = try settings.prepare()
    task = try TaskRegistry.find(taskName)
    let location = try task.locateData(settings.data)
    source = location.source
    let trainData = try task.load(.train, from: location.folder, limit: settings.trainLimit)
    let devData = try task.load(.dev, from: location.folder, limit: settings.evaluationLimit)
    opened = try OpenedCheckpoint(model: settings.model, task: task, needsWeights: !settings.randomInit)
    order = settings.order(of: trainData.examples.count)
    plan = try RunPlan(
      settings,
      presets: .init(
        name: task.name, learningRate: task.presets.learningRate, epochs: task.presets.epochs ?? 3,
        maximumLength: task.presets.maximumLength ?? 128),
      positions: opened.shape.maximumLength, name: opened.name, folder: opened.folder.path,
      specification: specification, stepsPerEpoch: order.stepsPerEpoch, note: note)
    train = try EncodedSplit(trainData, tokenizer: opened.tokenizer, maximumLength: plan.maximumLength)
    dev = try EncodedSplit(devData, tokenizer: opened.tokenizer, maximumLength: plan.maximumLength)
    memory = try MemoryCheck(
      settings: settings, shape: opened.shape, examples: ClassificationExamples(split: train, columns: []),
      order: order, totalSteps: plan.totalSteps, evaluationLengths: dev.sequences.map(\.ids.count)
    ).plan()
  }
}
