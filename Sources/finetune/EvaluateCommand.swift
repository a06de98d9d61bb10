import ArgumentParser
import Results
import Support
import Training

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Score a model on a task: a fine-tuned one, or a language model that was not trained for the task.",
    discussion: """
      Examples:
        finetune evaluate --model RUN/model
        finetune evaluate --model RUN/model --task cola --data GLUE/CoLA
        finetune evaluate --model SmolLM2 --task arc_easy --data ARC-Easy --split test --samples samples.jsonl
      A saved model knows the task and the data that it was trained on.
      """)

  enum Scoring: SettingCommand {
    static let settings = Setting.Commands.evaluate
  }

  @OptionGroup var flags: SettingFlags<Scoring>
  @Option(parsing: .unconditional, help: "Also write the predictions on the first split here; it must not exist.")
  var predictions: String?
  @Option(
    parsing: .unconditional,
    help: "Also write one JSON object a line for each example here: id, gold, prediction and how it came about.")
  var samples: String?

  func run() throws {
    var settings = RunSettings(Scoring.settings)
    try settings.take(flags.given)
    for path in [predictions, samples].compactMap({ $0 }) {
      guard !Files.exists(path) else {
        throw FileError.cannotCreate(path: path, reason: "it exists; choose another name")
      }
      // Scoring may take hours, after which it is too late.
      try Files.checkFolder(of: path)
    }
    if let samples, let predictions, Files.resolved(samples) == Files.resolved(predictions) {
      throw FileError.cannotCreate(path: samples, reason: "--samples and --predictions name one file; give two names")
    }
    let score = try SavedModelScore.measure(settings, observer: ProgressDisplay(isQuiet: settings.quiet))
    for note in score.notes { Console.note("note: \(note)") }
    let splits = score.splits
    func cell(_ values: MetricValues, _ name: String) -> String {
      values.first { $0.name == name }.map { TextTable.fixed($0.value, 4) } ?? ""
    }
    if settings.json {
      try Console.output(score.json.serialized())
    } else {
      try Console.output(
        TextTable.text(
          header: ["metric"] + splits.flatMap { [$0.split, "standard error", "baseline"] },
          rows: (splits.first?.metrics ?? []).map(\.name).map { name in
            [name]
              + splits.flatMap { [cell($0.metrics, name), cell($0.standardErrors, name), cell($0.baselines, name)] }
          }))
      if score.isCollapsed { try Console.output("collapsed: every prediction is the same") }
    }
    // The files come last, so that the score is printed even if they cannot be written.
    if let samples { try score.writeSamples(to: samples) }
    if let predictions { try score.writePredictions(to: predictions) }
  }
}
