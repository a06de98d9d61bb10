import Memory
import Models
import Optimizers
import Results
import Support
import Tensors

/// Times training steps and evaluation of a model, beside the machine's own rate of products.
///
/// Each repeat takes an optimizer step, then a forward pass without gradients over the same examples, then large
/// products. What is compared is thus measured within the same second, also where other processes come and go.
package struct SpeedBench {
  private let settings: RunSettings
  private let name: String
  private let model: any Model
  private let trainer: Trainer
  private let examples: any EncodedExamples
  private let order: WindowOrder
  private let memory: RunMemory
  private let rate: ProductRate
  private let repeats: Int
  private let warmUp: Int
  private let longest: Int

  /// - Parameters:
  ///   - settings: of a run; without a task, random tokens and weights are used.
  ///   - length: the tokens of each random sequence; `nil` for 128, or 512 for a language model.
  ///   - repeats: the number of steps that are timed.
  ///   - warmUp: the number of steps before them.
  /// - Throws: as ``Run/prepare(_:command:observer:)``.
  package init(_ settings: RunSettings, length: Int?, repeats: Int, warmUp: Int, note: (String) -> Void) throws {
    var settings = settings
    settings.maximumSteps = warmUp + repeats
    (self.repeats, self.warmUp) = (repeats, warmUp)
    ThreadPool.shared.configure(threads: settings.threadCount)
    if settings.task == nil {
      (name, longest) = try SpeedBench.shape(settings, length)
      let made = try SpeedBench.synthetic(settings, length: longest)
      (model, trainer, examples, order, memory) = (made.model, made.trainer, made.examples, made.order, made.memory)
    } else {
      let planned = try PlannedRun(settings, note: note)
      let checkpoint = planned.prepared.checkpoint
      (name, longest) = (checkpoint.name, planned.prepared.maximumLength)
      (model, _) = try checkpoint.load(
        dropout: settings.dropout, seed: settings.seed, newHead: planned.prepared.newHead != nil)
      (examples, order, memory) = (planned.train, planned.order, planned.memory)
      trainer = try planned.plan.trainer(for: model, examples: examples, order: order, mass: planned.loss.mass)
    }
    self.settings = settings
    rate = ProductRate()
  }

  private static func shape(_ settings: RunSettings, _ length: Int?) throws -> (name: String, length: Int) {
    let shape = try settings.namedShape()
    let usual = min(shape.head == .languageModel ? 512 : 128, shape.maximumLength)
    guard (length ?? usual) <= shape.maximumLength else {
      throw TrainingError.tooLong(
        maximumLength: length ?? usual, positions: shape.maximumLength, model: settings.model)
    }
    return (settings.model, length ?? usual)
  }

  private static func synthetic(_ settings: RunSettings, length: Int) throws -> (
    model: any Model, trainer: Trainer, examples: SyntheticExamples, order: WindowOrder, memory: RunMemory
  ) {
    try settings.checkCombinations()
    let specification = try OptimizerRegistry.specification(settings.optimizer)
    let window = settings.batchSize * settings.accumulate
    guard window * length <= 1 << 24 else {
      throw TrainingError.badSetting(
        origin: "--batch-size", key: "batch_size", found: "\(window) sequences of \(length) tokens in a step",
        expected: "at most \(1 << 24) tokens together")
    }
    let shape = try settings.namedShape()
    let examples = SyntheticExamples(
      count: window, length: length, vocabulary: shape.vocabularySize, head: shape.head, seed: settings.seed)
    let order = settings.order(of: window)
    let steps = settings.maximumSteps ?? 1
    let memory = try MemoryCheck(
      settings: settings, shape: shape, examples: examples, order: order, totalSteps: steps,
      evaluation: { EvaluationPasses.largest(examples.sequenceLengths, tokenBudget: $0) }, cachedTokens: 0
    ).plan()
    let model = try ModelRegistry.fresh(
      shape.config, head: shape.head, dropout: settings.dropout, seed: settings.seed, weights: settings.weights,
      isTrainable: settings.method.trains, adapter: shape.adapter)
    (model.precision, model.recomputation) = (settings.precision, settings.recompute)
    let phases = try CheckedMethodOptions(settings).phases(seed: settings.seed)
    phases?.select(0, model.parameters)
    let optimizer = try settings.makeOptimizer(for: model, totalSteps: steps)
    let trainer = Trainer(
      model: model, optimizer: optimizer, examples: examples, order: order,
      schedule: try settings.schedule(
        peak: settings.learningRate ?? specification.learningRate, totalSteps: steps),
      dividedBy: settings.parts(of: examples), gradientClip: settings.gradientClip, seed: settings.seed, mass: .plain,
      updatesInBackward: settings.updateInBackward,
      phases: phases)
    return (model, trainer, examples, order, memory)
  }

  /// Takes all steps.
  ///
  /// - Parameter progress: called after each step, also those of the warm-up.
  /// - Throws: the error of a step.
  package func measure(progress: (_ done: Int, _ total: Int) -> Void) throws -> SpeedReport {
    var report = SpeedReport(
      model: name, task: settings.task, settings: settings, longest: longest,
      plannedPeakBytes: memory.peakBytes + rate.byteCount)
    var order = order
    for step in 1...warmUp + repeats {
      let positions = order.window(step)
      Profiler.shared.start(keepsEvents: false)
      let record = try trainer.takeStep(step)
      try Profiler.phase("evaluation") { try evaluate(positions) }
      let profile = Profiler.shared.finish()
      if step > warmUp, let profile {
        report.repeats.append(
          .init(
            tokens: record.tokens, stepSeconds: record.seconds, profile: profile,
            product: rate.ours(settings.precision), blas: rate.blas()))
      }
      progress(step, warmUp + repeats)
    }
    report.peakBytes = Environment.peakResidentBytes
    report.ratesBytes = rate.byteCount
    return report
  }

  /// Forward passes without gradients. A language model's loss is computed too, as its perplexity needs it.
  private func evaluate(_ positions: [Int]) throws {
    let lengths = examples.lengths
    for range in TokenBudget.ranges(positions.map { lengths[$0] }, budget: settings.tokensPerPass) {
      let own = Array(positions[range])
      let (batch, tape) = (examples.batch(own), Tape(isTraining: false, precision: model.precision))
      let targets = examples.targets(own)
      let result =
        switch targets {
        case .nextTokens, .followingTokens: model.loss(targets, of: batch, mass: .plain, weight: 1, on: tape)
        default: model.logits(batch, on: tape)
        }
      guard result.value.values.allSatisfy(\.isFinite) else {
        throw TrainingError.diverged(step: warmUp, learningRate: trainer.learningRate(1), what: "an evaluation")
      }
    }
  }
}
