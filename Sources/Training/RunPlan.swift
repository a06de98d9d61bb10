import Foundation
import Models
import Optimizers
import Results
import Support
import Tensors

/// What a run uses where its settings do not say.
struct RunPresets {
  /// The task, as `finetune.json` of a checkpoint names it.
  let name: String
  let learningRate: Double?
  let epochs: Double
  let maximumLength: Int
}

/// The settings of a run with every preset filled in.
struct RunPlan {
  let settings: RunSettings
  let learningRate: Double
  /// `flag`, `config`, `checkpoint`, `task` or `optimizer`.
  let learningRateSource: String
  let epochs: Double
  let maximumLength: Int
  let totalSteps: Int
  let schedule: Schedule

  /// - Parameters:
  ///   - positions: longest sequence of the model.
  ///   - folder: the checkpoint's, which may hold presets of its own.
  /// - Throws: ``TrainingError``.
  init(
    _ settings: RunSettings, presets: RunPresets, positions: Int, name: String, folder: String,
    specification: OptimizerSpecification, stepsPerEpoch: Int, note: (String) -> Void
  ) throws {
    self.settings = settings
    let checkpoint = try CheckpointPresets(folder: folder)
    if let rate = settings.learningRate {
      (learningRate, learningRateSource) = (rate, settings.learningRateSource ?? "flag")
    } else if let rate = checkpoint.learningRate(task: presets.name, optimizer: specification.name) {
      (learningRate, learningRateSource) = (rate, "checkpoint")
    } else if let rate = presets.learningRate {
      (learningRate, learningRateSource) = (rate, "task")
    } else {
      (learningRate, learningRateSource) = (specification.learningRate, "optimizer")
    }
    let presetEpochs = settings.epochs ?? checkpoint.epochs(task: presets.name) ?? presets.epochs
    maximumLength = try RunPlan.maximumLength(
      settings, preset: presets.maximumLength, positions: positions, name: name, note)
    totalSteps = settings.maximumSteps ?? max(1, Int((presetEpochs * Double(stepsPerEpoch)).rounded(.up)))
    epochs = settings.maximumSteps == nil ? presetEpochs : Double(totalSteps) / Double(stepsPerEpoch)
    schedule = Schedule(
      shape: settings.schedule, peak: learningRate,
      warmupSteps: settings.warmupSteps ?? Int(settings.warmupRatio * Double(totalSteps)),
      totalSteps: totalSteps)
  }

  /// A trainer of this plan, with its optimizer.
  func trainer(for model: any Model, examples: any TrainingExamples, order: WindowOrder) throws -> Trainer {
    let optimizer = try Optimizer(
      settings.optimizer, options: settings.optimizerOptions, parameters: model.parameters,
      weightDecay: settings.weightDecay, seed: settings.seed, totalSteps: totalSteps)
    return Trainer(
      model: model, optimizer: optimizer, examples: examples, order: order, schedule: schedule,
      batchSize: settings.batchSize, gradientClip: settings.gradientClip, seed: settings.seed)
  }

  /// The length asked for, which must fit the model, or the preset, lowered to it.
  static func maximumLength(
    _ settings: RunSettings, preset: Int, positions: Int, name: String, _ note: (String) -> Void
  ) throws(TrainingError) -> Int {
    if let length = settings.maximumLength {
      guard length <= positions else {
        throw .tooLong(maximumLength: length, positions: positions, model: name)
      }
      return length
    }
    if preset > positions { note("max-length \(preset) lowered to the model's \(positions) positions") }
    return min(preset, positions)
  }

  /// The settings with everything filled in that a preset or the data decided.
  var resolved: RunSettings {
    var resolved = settings
    (resolved.learningRate, resolved.maximumLength, resolved.threads) = (
      learningRate, maximumLength, settings.threadCount
    )
    (resolved.epochs, resolved.maximumSteps, resolved.warmupSteps) = (epochs, totalSteps, schedule.warmupSteps)
    if settings.warmupSteps != nil { resolved.warmupRatio = Double(schedule.warmupSteps) / Double(totalSteps) }
    return resolved
  }
}

extension RunSettings {
  /// What a run reads, as paths where they are paths.
  var sources: [String] {
    [model, data, text, tokenizer].compactMap { $0 }.filter(
      FileManager.default.fileExists(atPath:))
  }

  /// Checks what can be checked before anything is loaded, and starts the threads.
  ///
  /// - Throws: ``OptimizerError`` or ``TrainingError/outputNotEmpty(path:)``.
  func prepare() throws -> OptimizerSpecification {
    ThreadPool.shared.configure(threads: threadCount)
    let specification = try OptimizerRegistry.specification(optimizer)
    _ = try OptimizerOptions(optimizerOptions, for: specification)
    if let output, !overwrite, !((try? FileManager.default.contentsOfDirectory(atPath: output)) ?? []).isEmpty {
      throw TrainingError.outputNotEmpty(path: output)
    }
    return specification
  }

  func order(of exampleCount: Int) -> WindowOrder {
    WindowOrder(
      exampleCount: exampleCount, windowSize: batchSize * accumulate, isShuffled: !noShuffle, seed: seed)
  }
}
