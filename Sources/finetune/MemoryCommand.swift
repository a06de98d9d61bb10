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
      Activations are those of one batch of --batch-size sequences of --max-length tokens each.
      """)

  @Option(parsing: .unconditional, help: "A shape above, a checkpoint's folder or name, or a config.json.") var model:
    String?
  @Option(parsing: .unconditional, help: "See: finetune list optimizers (default: adamw).") var optimizer: String?
  @Option(
    name: [.customShort("O"), .customLong("optimizer-option")], parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "An option of the optimizer; may be repeated. With --compare, of every one that has it; fira.rank=8 names one.",
      valueName: "key=value"))
  var optimizerOption: [String] = []
  @Option(parsing: .unconditional, help: "Optimizers separated by commas: one row for each.") var compare: String?
  @Option(parsing: .unconditional, help: "Replaces the config's vocab_size.") var vocabSize: String?
  @Option(parsing: .unconditional, help: "The task it is fine-tuned on (default: the model's own head).") var task:
    String?
  @Option(parsing: .unconditional, help: "Sequences in a forward pass (default: 32).") var batchSize: String?
  @Option(
    parsing: .unconditional,
    help: "Tokens of each sequence (default: the task's preset, else 128; 1024 for a language model).")
  var maxLength: String?
  @Option(parsing: .unconditional, help: "Overrides every dropout of the config.") var dropout: String?
  @Option(parsing: .unconditional, help: "Threads (default: all cores).") var threads: String?
  @Flag(help: "Print JSON on standard output.") var json = false

  func run() throws {
    var settings = RunSettings()
    let given: [(key: String, text: String?)] = [
      ("model", model), ("optimizer", optimizer), ("task", task), ("batch_size", batchSize), ("max_length", maxLength),
      ("dropout", dropout), ("threads", threads),
    ]
    try SettingKey.set(flags: given, in: &settings)
    for option in optimizerOption { try settings.addOptimizerOption(option, origin: "--optimizer-option") }
    ThreadPool.shared.configure(threads: settings.threadCount)
    let baseline = try ProgramMemory.residentBytes()
    let (shape, length) = try shape(settings)
    guard settings.batchSize * length <= 1 << 24 else {
      throw TrainingError.badSetting(
        origin: "--batch-size", key: "batch_size", found: "\(settings.batchSize) sequences of \(length) tokens",
        expected: "at most \(1 << 24) tokens together")
    }
    let batch = PackedBatch(lengths: Array(repeating: length, count: settings.batchSize))
    let pass = try PassMemory(shape, dropout: settings.dropout, training: [batch])
    let rows = try optimizers(settings).map { name, options in
      MemoryReport(
        optimizer: name, model: settings.model,
        plan: try StepPlan(shape, optimizer: name, options: options, pass: pass),
        baseline: baseline, batchSize: settings.batchSize, maximumLength: length)
    }
    if json {
      let values = rows.map(\.json)
      FileHandle.standardOutput.write(Data((compare == nil ? values[0] : .array(values)).serialized()))
    } else {
      print(compare == nil ? rows[0].table : MemoryReport.comparison(rows))
    }
  }

  /// The model with its head, and the tokens of a sequence.
  private func shape(_ settings: RunSettings) throws -> (ModelShape, Int) {
    guard model != nil else {
      throw TrainingError.missingOption(
        name: "--model", expected: "a folder, a config.json or one of \(ShapePresets.names.joined(separator: ", "))")
    }
    var vocabulary: Int?
    if let vocabSize {
      guard let size = Int(vocabSize) else {
        throw TrainingError.badSetting(
          origin: "--vocab-size", key: "vocab_size", found: "\"\(vocabSize)\"",
          expected: "an integer from 1 to \(ModelShape.largestVocabulary)")
      }
      vocabulary = size
    }
    let chosen = try settings.task.map { try TaskRegistry.find($0) }
    let shape = try ModelShape(
      SearchPath(kind: "checkpoints").find(settings.model) ?? settings.model, vocabularySize: vocabulary,
      head: chosen.map { .classification(labels: $0.labels.count) })
    let preset = chosen?.presets.maximumLength ?? (shape.head == .languageModel ? 1_024 : 128)
    let length = settings.maximumLength ?? min(preset, shape.maximumLength)
    guard length <= shape.maximumLength else {
      throw TrainingError.tooLong(maximumLength: length, positions: shape.maximumLength, model: settings.model)
    }
    return (shape, length)
  }

  /// The optimizers asked for, each with the options that are its own.
  private func optimizers(_ settings: RunSettings) throws -> [(String, [(key: String, value: String)])] {
    guard let compare else { return [(settings.optimizer, settings.optimizerOptions)] }
    guard optimizer == nil else {
      throw TrainingError.badSetting(
        origin: "--optimizer", key: "optimizer", found: "it beside --compare", expected: "one of the two")
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
