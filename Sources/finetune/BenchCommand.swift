import ArgumentParser
import Models
import Support
import Training

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Time training and evaluation of a model beside the machine's own rate of products.",
    discussion: """
      Examples:
        finetune bench --shape bert-base --batch-size 32 --length 128
        finetune bench --shape gpt2-117m --batch-size 4 --length 512 --precision bf16 --json
        finetune bench --model DIR --task cola --data GLUE/CoLA --optimizer fira
      Shapes: \(ShapePresets.names.joined(separator: ", ")), or a folder or config.json.
      Without --task, weights and tokens are random. Floating-point operations are counted from the products that are \
      made. After each step the rate of a large product and of the BLAS's sgemm are measured with as many threads; what \
      is printed are medians and their ranges.
      """)

  enum Timing: SettingCommand {
    static let settings = Setting.Commands.bench
  }

  @OptionGroup var flags: SettingFlags<Timing>
  @Option(
    name: [.customShort("O"), .customLong("optimizer-option")], parsing: .unconditionalSingleValue,
    help: ArgumentHelp("An option of the optimizer; may be repeated.", valueName: "key=value"))
  var optimizerOption: [String] = []
  @OptionGroup var method: MethodFlags
  @Option(parsing: .unconditional, help: "A shape to time with random weights and tokens, in place of --model.")
  var shape: String?
  @Option(
    parsing: .unconditional,
    help: "Tokens of each random sequence (default: 128, or 512 for a language model); not with --task.")
  var length: String?
  @Option(parsing: .unconditional, help: "Steps that are timed (default: 5).") var repeats: String?
  @Option(parsing: .unconditional, help: "Steps before them that are not (default: 2).") var warmUp: String?

  func run() throws {
    var settings = RunSettings()
    try settings.take(flags.given)
    for option in method.options { try settings.addMethodOption(option) }
    for option in optimizerOption { try settings.addOptimizerOption(option, origin: "--optimizer-option") }
    try check(&settings)
    let bench = try SpeedBench(
      settings, length: try number(length, "length", from: 2, default: nil),
      repeats: try number(repeats, "repeats", from: 1, default: 5) ?? 5,
      warmUp: try number(warmUp, "warm-up", from: 0, default: 2) ?? 2
    ) { if !settings.quiet { Console.note("note: \($0)") } }
    let report = try bench.measure { done, total in
      if !settings.quiet, !settings.json { Console.note("step \(done) of \(total)") }
    }
    if settings.json {
      try Console.output(report.json.serialized())
    } else {
      try Console.output(BenchTable.text(report))
    }
  }

  /// Checks which of model, shape, task and length are given, and takes the shape as the model.
  private func check(_ settings: inout RunSettings) throws {
    func refuse(_ flag: String, _ found: String, _ expected: String) -> TrainingError {
      .badSetting(origin: "--" + flag, key: SettingName.snake(flag), found: found, expected: expected)
    }
    let givesModel = settings.given.contains { $0.key == "model" }
    if let shape {
      guard !givesModel else { throw refuse("shape", "\(shape) beside --model", "one of the two") }
      guard settings.task == nil else {
        throw refuse("shape", "\(shape) with --task", "--model with a tokenizer, or no --task")
      }
      settings.model = shape
    } else if !givesModel {
      throw TrainingError.missingOption(
        name: "--model or --shape", expected: "a checkpoint, or one of \(ShapePresets.names.joined(separator: ", "))")
    }
    if settings.task != nil, let length {
      throw refuse("length", "\(length) with --task", "--max-length, which cuts the task's texts")
    }
    let needsTask = ["data", "format", "protocol", "train_limit", "max_length", "random_init"]
    if settings.task == nil, let entry = settings.given.first(where: { needsTask.contains($0.key) }) {
      throw TrainingError.badSetting(
        origin: entry.origin, key: entry.key, found: "\(entry.text) without --task",
        expected: entry.key == "max_length" ? "--length for random tokens" : "it only with a task")
    }
  }

  private func number(_ text: String?, _ flag: String, from least: Int, default usual: Int?) throws -> Int? {
    guard let text else { return usual }
    guard let value = Int(text), (least...1 << 20).contains(value) else {
      throw TrainingError.badSetting(
        origin: "--" + flag, key: SettingName.snake(flag), found: "\"\(text)\"",
        expected: "an integer from \(least) to \(1 << 20)")
    }
    return value
  }
}

/// What `bench` prints.
enum BenchTable {
  static func text(_ report: SpeedReport) -> String {
    let (settings, rows) = (report.settings, report.rows)
    func spread(_ spread: SpeedReport.Spread?, _ unit: Double, _ digits: Int) -> [String] {
      guard let spread else { return ["", ""] }
      let texts = [spread.median, spread.least, spread.most].map { TextTable.fixed($0 / unit, digits) }
      return [texts[0], "\(texts[1])–\(texts[2])"]
    }
    let step = rows.first { $0.name == "step" }?.seconds.median ?? 0
    let table = rows.map { row -> [String] in
      let share = row.name == "evaluation" || step == 0 ? "" : TextTable.fixed(100 * row.seconds.median / step, 1)
      return [row.name] + spread(row.seconds, 1e-3, 1) + [share]
        + [row.rate == nil ? "" : TextTable.fixed(row.flop.median / 1e9, 1)] + spread(row.rate, 1e9, 1)
        + spread(row.ofProduct, 0.01, 0).prefix(1) + spread(row.ofBLAS, 0.01, 0).prefix(1)
    }
    func line(_ name: String, _ value: SpeedReport.Spread?, _ unit: Double, _ digits: Int, _ what: String) -> String {
      let texts = spread(value, unit, digits)
      return "\(name)  \(texts[0]) \(what) (\(texts[1]))"
    }
    let batch = "\(settings.batchSize)" + (settings.accumulate > 1 ? " × \(settings.accumulate)" : "")
    let budget = settings.tokensPerBatch.map { ", \($0) tokens at a time" } ?? ""
    let data = report.task.map { "\($0), at most" } ?? "random tokens,"
    return [
      "\(report.model), \(settings.optimizer), \(settings.precision.rawValue), "
        + "\(Plural.count(settings.threadCount, "thread")), batch \(batch)\(budget), \(data) \(report.longest) tokens each, "
        + Plural.count(report.repeats.count, "repeat"),
      "",
      line("training       ", report.tokensPerSecond, 1, 0, "tokens/s"),
      line("evaluation     ", report.evaluationTokensPerSecond, 1, 0, "tokens/s"),
      line("our product    ", report.productRate, 1e9, 1, "GFLOP/s"),
      line("the BLAS's sgemm", report.blasRate, 1e9, 1, "GFLOP/s"),
      "peak memory      \(TextTable.mebibytes(report.peakBytes)), planned \(TextTable.mebibytes(report.plannedPeakBytes)), "
        + "\(TextTable.mebibytes(report.ratesBytes)) of it for these rates",
      "",
      TextTable.text(
        header: ["", "ms", "range", "% of step", "GFLOP", "GFLOP/s", "range", "% of product", "% of sgemm"],
        rows: table),
    ].joined(separator: "\n")
  }
}
