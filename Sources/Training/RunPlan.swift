import Foundation
import Optimizers
import Results
import Support
import Tasks
import Tensors

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

  /// - Throws: ``TrainingError`` or ``OptimizerError``.
  init(
    _ settings: RunSettings, task: BenchmarkTask, checkpoint: LoadedCheckpoint, specification: OptimizerSpecification,
    stepsPerEpoch: (Int) -> Int, note: (String) -> Void
  ) throws {
    self.settings = settings
    if let rate = settings.learningRate {
      (learningRate, learningRateSource) = (rate, settings.learningRateSource ?? "flag")
    } else if let rate = try CheckpointPresets.learningRate(
      folder: checkpoint.folder.path, task: task.name, optimizer: specification.name)
    {
      (learningRate, learningRateSource) = (rate, "checkpoint")
    } else if let rate = task.presets.learningRate {
      (learningRate, learningRateSource) = (rate, "task")
    } else {
      (learningRate, learningRateSource) = (specification.learningRate, "optimizer")
    }
    epochs = settings.epochs ?? task.presets.epochs ?? 3
    maximumLength = try RunPlan.maximumLength(settings, task, checkpoint, note)
    let perEpoch = stepsPerEpoch(settings.batchSize * settings.accumulate)
    totalSteps = settings.maximumSteps ?? max(1, Int((epochs * Double(perEpoch)).rounded(.up)))
    schedule = Schedule(
      shape: settings.schedule, peak: learningRate,
      warmupSteps: settings.warmupSteps ?? Int(settings.warmupRatio * Double(totalSteps)),
      totalSteps: totalSteps)
  }

  static func maximumLength(
    _ settings: RunSettings, _ task: BenchmarkTask, _ checkpoint: LoadedCheckpoint, _ note: (String) -> Void
  ) throws(TrainingError) -> Int {
    let positions = checkpoint.model.maximumLength
    if let length = settings.maximumLength {
      guard length <= positions else {
        throw .tooLong(maximumLength: length, positions: positions, model: checkpoint.name)
      }
      return length
    }
    let preset = task.presets.maximumLength ?? 128
    if preset > positions { note("max-length \(preset) lowered to the model's \(positions) positions") }
    return min(preset, positions)
  }

  /// Every resolved setting, for `results.json`.
  var config: JSON {
    .object(
      JSONObject([
        "task": settings.task.map(JSON.text) ?? .null, "model": .text(settings.model),
        "data": settings.data.map(JSON.text) ?? .null, "optimizer": .text(settings.optimizer),
        "optimizer_option": .object(
          JSONObject(settings.optimizerOptions.map { .init(ByteString($0.key), .text($0.value)) })),
        "learning_rate": .real(learningRate), "schedule": .text(settings.schedule.rawValue),
        "warmup_ratio": .real(settings.warmupRatio), "warmup_steps": .integer(schedule.warmupSteps),
        "batch_size": .integer(settings.batchSize),
        "accumulate": .integer(settings.accumulate), "epochs": .real(epochs), "max_steps": .integer(totalSteps),
        "max_length": .integer(maximumLength), "weight_decay": .real(settings.weightDecay),
        "gradient_clip": .real(settings.gradientClip), "dropout": settings.dropout.map(JSON.real) ?? .null,
        "random_init": .bool(settings.randomInit), "seed": .number(String(settings.seed)),
        "no_shuffle": .bool(settings.noShuffle), "threads": .integer(settings.threadCount),
        "train_limit": settings.trainLimit.map(JSON.integer) ?? .null,
        "eval_limit": settings.evaluationLimit.map(JSON.integer) ?? .null,
        "eval_every": settings.evaluateEvery.json, "save": .text(settings.save.rawValue),
      ]))
  }
}

extension RunSettings.EvaluationInterval {
  var json: JSON {
    switch self {
    case .epoch: .text("epoch")
    case .steps(let steps): .integer(steps)
    }
  }
}

/// `finetune.json` in a checkpoint folder: `{"learning_rate": {"<task>": {"<optimizer>": 1e-3}, "default": {…}}}`.
enum CheckpointPresets {
  /// - Throws: ``TrainingError`` when the file is there and wrong.
  static func learningRate(folder: String, task: String, optimizer: String) throws -> Double? {
    let path = folder + "/finetune.json"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let json: JSON
    do { json = try JSON.parse(Files.read(path, limit: 1 << 20)) } catch let error as JSONParseError {
      throw TrainingError.badFile(path: path, reason: error.description)
    }
    func bad(_ key: String, _ found: JSON, _ expected: String) -> TrainingError {
      .badSetting(origin: path, key: key, found: found.summary, expected: expected)
    }
    guard let root = json.object else { throw bad("the file", json, "an object with the key learning_rate") }
    for member in root.members where member.key != "learning_rate" {
      throw TrainingError.unknownKey(origin: path, key: member.key.description, known: ["learning_rate"])
    }
    guard let tasks = json["learning_rate"] else { return nil }
    guard let rates = tasks.object else { throw bad("learning_rate", tasks, "an object of tasks") }
    for entry in rates.members {
      guard let optimizers = entry.value.object else {
        throw bad("learning_rate.\(entry.key)", entry.value, "an object of optimizers and rates")
      }
      for rate in optimizers.members {
        guard let value = rate.value.double, value > 0, value.isFinite else {
          throw bad("learning_rate.\(entry.key).\(rate.key)", rate.value, "a number above 0")
        }
      }
    }
    return (tasks[task]?[optimizer] ?? tasks["default"]?[optimizer])?.double
  }
}
