import ArgumentParser
import Foundation
import Memory
import Models
import Optimizers
import Support
import Tasks
import Training

struct MemoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "memory", abstract: "What training a model takes, known before anything is loaded.",
    discussion: """
      Examples:
        finetune memory --model gpt2-117m --optimizer adapprox -O rank=1
        finetune memory --model llama-7b --compare adamw,adafactor,came,adapprox,galore,fira --batch-size 8
        finetune memory --model DIR --task cola --batch-size 64 --json
      Shapes: \(ShapePresets.names.joined(separator: ", ")).
      Activations are those of one batch of --batch-size sequences of --max-length tokens each, or of as many of them as
      --tokens-per-batch holds.
      """)

  enum Planning: SettingCommand {
    static let settings = Setting.Commands.memory
  }

  @OptionGroup var flags: SettingFlags<Planning>
  @Option(
    name: [.customShort("O"), .customLong("optimizer-option")], parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "An option of the optimizer; may be repeated. With --compare, of every one that has it; fira.rank=8 names one.",
      valueName: "key=value"))
  var optimizerOption: [String] = []
  @OptionGroup var method: MethodFlags
  @Option(parsing: .unconditional, help: "Optimizers separated by commas: one row for each.") var compare: String?

  func run() throws {
    var settings = RunSettings(Planning.settings)
    try settings.take(flags.given)
    for option in method.options { try settings.addMethodOption(option) }
    try settings.checkTokensPerBatch()
    for option in optimizerOption { try settings.addOptimizerOption(option, origin: "--optimizer-option") }
    ThreadPool.shared.configure(threads: settings.threadCount)
    let baseline = try ProgramMemory.residentBytes()
    let (shape, length) = try shape(settings)
    guard settings.batchSize * length <= 1 << 24 else {
      throw TrainingError.badSetting(
        origin: "--batch-size", key: "batch_size", found: "\(settings.batchSize) sequences of \(length) tokens",
        expected: "at most \(1 << 24) tokens together")
    }
    let lengths = Array(repeating: length, count: settings.batchSize)
    let parts = settings.tokensPerBatch.map { TokenBudget.evenRanges(lengths, budget: $0) }
    let sequences = parts?.map(\.count).max() ?? settings.batchSize
    let batch = PackedBatch(lengths: Array(lengths.prefix(sequences)))
    let passes = try settings.trainedAtATime(shape).map { shape in
      let pass = try PassMemory(
        shape, dropout: settings.dropout, training: [batch], precision: settings.precision,
        recomputation: settings.recompute, updatesInBackward: settings.updateInBackward)
      return (shape: shape, pass: pass)
    }
    let rows = try optimizers(settings).map { name, options in
      let plans = try passes.map { try StepPlan($0.shape, optimizer: name, options: options, pass: $0.pass) }
      return MemoryReport(
        optimizer: name, model: settings.model,
        plan: plans.max { $0.residentBytes < $1.residentBytes } ?? plans[0],
        baseline: baseline, batchSize: settings.batchSize, atATime: sequences, maximumLength: length)
    }
    if settings.json {
      let values = rows.map(\.json)
      try Console.output((compare == nil ? values[0] : .array(values)).serialized())
    } else {
      try Console.output(compare == nil ? rows[0].table : MemoryReport.comparison(rows))
    }
  }

  /// The shape of the model with the task's head, and the sequence length in tokens.
  private func shape(_ settings: RunSettings) throws -> (ModelShape, Int) {
    guard settings.given.contains(where: { $0.key == "model" }) else {
      throw TrainingError.missingOption(
        name: "--model", expected: "a folder, a config.json or one of \(ShapePresets.names.joined(separator: ", "))")
    }
    let chosen = try settings.task.map { try TaskRegistry.find($0, format: settings.format) }
    let shape = try shape(settings, heads: chosen?.heads(settings.taskProtocol) ?? [])
    let preset = chosen?.presets.maximumLength ?? (shape.head == .languageModel ? 1_024 : 128)
    let length = settings.maximumLength ?? min(preset, shape.maximumLength)
    guard length <= shape.maximumLength else {
      throw TrainingError.tooLong(maximumLength: length, positions: shape.maximumLength, model: settings.model)
    }
    return (shape, length)
  }

  /// The shape with the first of the heads that the model's family has; with its own where there are none.
  private func shape(_ settings: RunSettings, heads: [HeadKind]) throws -> ModelShape {
    for head in heads.dropLast() {
      if let shape = try? settings.namedShape(head: head) { return shape }
    }
    return try settings.namedShape(head: heads.last)
  }

  /// The names of the optimizers to plan for, each with the `-O` options that apply to it.
  private func optimizers(_ settings: RunSettings) throws -> [(String, [(key: String, value: String)])] {
    guard let compare else { return [(settings.optimizer, settings.optimizerOptions)] }
    guard !settings.given.contains(where: { $0.key == "optimizer" }) else {
      throw TrainingError.badSetting(
        origin: "--optimizer", key: "optimizer", found: "\(settings.optimizer) beside --compare",
        expected: "one of the two")
    }
    let names = compare.split(separator: ",", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    let specifications = try names.map { try OptimizerRegistry.specification($0) }
    for (key, value) in settings.optimizerOptions {
      let isKnown = specifications.contains { specification in
        specification.options.contains { key == $0.key || key == "\(specification.name).\($0.key)" }
      }
      guard isKnown else {
        throw TrainingError.badSetting(
          origin: "--optimizer-option", key: "optimizer_option", found: "\(key)=\(value)",
          expected: "an option of one of \(names.joined(separator: ", "))")
      }
    }
    return specifications.map { specification in
      let own = specification.options.flatMap { option in
        let given = settings.optimizerOptions
        let value =
          given.first { $0.key == "\(specification.name).\(option.key)" } ?? given.first { $0.key == option.key }
        return value.map { [(key: option.key, value: $0.value)] } ?? []
      }
      return (specification.name, own)
    }
  }
}
