import Models
import Optimizers
import Results
import Support
import Tensors

/// The settings of a run with every preset filled in.
struct RunPlan {
  let settings: RunSettings
  let learningRate: Double
  /// Whether the optimizer uses the learning rate. Otherwise the rate is recorded only if the settings give it.
  let usesSchedule: Bool
  /// Where the learning rate came from: `flag`, `config`, `checkpoint`, `task` or `optimizer`.
  let learningRateSource: String
  let epochs: Double
  let maximumLength: Int
  let totalSteps: Int
  let schedule: Schedule
  /// Every option of the method; empty where an adapter that the run goes on with decides them.
  private let methodOptions: MethodOptions

  init(_ prepared: Preparation, _ specification: OptimizerSpecification, stepsPerEpoch: Int) throws {
    settings = prepared.settings
    usesSchedule = try settings.learningRateHasEffect()
    let (presets, task) = (prepared.checkpoint.presets, prepared.data.name)
    if let rate = settings.learningRate {
      (learningRate, learningRateSource) = (rate, settings.learningRateSource ?? "flag")
    } else if let rate = presets.learningRate(task: task, optimizer: specification.name) {
      (learningRate, learningRateSource) = (rate, "checkpoint")
    } else if let rate = prepared.data.presets.learningRate {
      (learningRate, learningRateSource) = (rate, "task")
    } else {
      (learningRate, learningRateSource) = (specification.learningRate, "optimizer")
    }
    let asked = settings.epochs ?? presets.epochs(task: task) ?? prepared.data.presets.epochs ?? 3
    totalSteps = settings.maximumSteps ?? max(1, Int((asked * Double(stepsPerEpoch)).rounded(.up)))
    epochs = settings.maximumSteps == nil ? asked : Double(totalSteps) / Double(stepsPerEpoch)
    maximumLength = prepared.maximumLength
    methodOptions =
      prepared.checkpoint.adapterFolder == nil
      ? try CheckedMethodOptions(settings).resolved : settings.methodOptions
    schedule = try settings.schedule(peak: learningRate, totalSteps: totalSteps)
  }

  /// Makes the trainer and its optimizer.
  func trainer(for model: any Model, examples: any EncodedExamples, order: WindowOrder, mass: TargetMass) throws
    -> Trainer
  {
    let phases = try CheckedMethodOptions(settings).phases(seed: settings.seed)
    // What the first phase does not train needs no optimizer state.
    phases?.select(0, model.parameters)
    let optimizer = try settings.makeOptimizer(for: model, totalSteps: totalSteps)
    return Trainer(
      model: model, optimizer: optimizer, examples: examples, order: order, schedule: schedule,
      dividedBy: settings.parts(of: examples), gradientClip: settings.gradientClip, seed: settings.seed, mass: mass,
      updatesInBackward: settings.updateInBackward,
      phases: phases)
  }

  /// The settings, with the values that presets or the data decided filled in.
  var resolved: RunSettings {
    var resolved = settings
    (resolved.maximumLength, resolved.threads) = (maximumLength, settings.threadCount)
    if usesSchedule { resolved.learningRate = learningRate }
    resolved.methodOptions = methodOptions
    resolved.resolveSchedule(schedule)
    (resolved.epochs, resolved.maximumSteps, resolved.warmupSteps) = (epochs, totalSteps, schedule.warmupSteps)
    if settings.warmupSteps != nil { resolved.warmupRatio = Double(schedule.warmupSteps) / Double(totalSteps) }
    return resolved
  }
}

extension RunSettings {
  /// Whether the optimizer takes its learning rate from the schedule, so that ``learningRate`` has an effect.
  ///
  /// - Throws: ``OptimizerError`` for an unknown optimizer or option.
  package func learningRateHasEffect() throws(OptimizerError) -> Bool {
    try OptimizerPlan(optimizer, options: optimizerOptions).usesSchedule
  }

  /// The optimizer of a run over a model, with the factors of the rates of its parameters.
  ///
  /// - Throws: ``OptimizerError``, or ``TrainingError`` for the method's options.
  func makeOptimizer(for model: any Model, totalSteps: Int) throws -> Optimizer {
    let methodOptions = try CheckedMethodOptions(self)
    let factors = zip(
      LayerDepth(names: model.parameters.map(\.name)).rateFactors(decay: layerDecay), model.parameters
    ).map { $0 * methodOptions.rateFactor($1.layout) }
    return try Optimizer(
      optimizer, options: optimizerOptions, parameters: model.parameters, weightDecay: weightDecay,
      rateFactors: factors, seed: seed, totalSteps: totalSteps)
  }

  /// The existing files and folders that a run reads: checkpoint, data, text and tokenizer.
  var sources: [String] {
    let folder = SearchPath(.checkpoints).find(model) ?? model
    // The weights that an adapter is beside may lie elsewhere.
    let weights = try? CheckpointSource(folder, base: base).weights
    return [folder, weights, data, text, tokenizer].compactMap { $0 }.filter(Files.exists)
  }

  /// Checks the optimizer, its options and the output folder before anything is loaded.
  ///
  /// - Throws: ``OptimizerError`` or ``TrainingError/outputNotEmpty(path:)``.
  func checkedOptimizer() throws -> OptimizerSpecification {
    let specification = try OptimizerRegistry.specification(optimizer)
    _ = try OptimizerOptions(optimizerOptions, for: specification)
    if let output, !overwrite, !resume {
      let entries = (try? Files.entries(output)) ?? []
      let names = entries.filter { $0 != FolderClaim.fileName }
      guard names.isEmpty else {
        // --overwrite is no remedy where nothing of a run is there to be replaced.
        throw entries.contains("results.json") || names.count < entries.count
          ? TrainingError.outputNotEmpty(path: output) : TrainingError.outputHoldsFiles(path: output, names: names)
      }
    }
    return specification
  }

  /// How the steps of a run over these examples are divided into forward passes.
  func parts(of examples: any EncodedExamples) -> WindowParts {
    WindowParts(examples, batchSize: batchSize, tokens: tokensPerBatch)
  }

  func order(of exampleCount: Int) -> WindowOrder {
    WindowOrder(
      exampleCount: exampleCount, windowSize: batchSize * accumulate, isShuffled: !noShuffle, seed: seed)
  }
}
