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
  @Option(parsing: .unconditional, help: "Also write a predictions file here; it must not exist.") var predictions:
    String?
  @Option(
    parsing: .unconditional,
    help: "Also write one JSON object a line for each example here: gold, prediction and how it came about.")
  var samples: String?

  func run() throws {
    var settings = RunSettings(Scoring.settings)
    try settings.take(flags.given)
    for path in [predictions, samples].compactMap({ $0 }) where Files.exists(path) {
      throw FileError.cannotCreate(path: path, reason: "it exists; choose another name")
    }
    let score = try SavedModelScore.measure(settings)
    for note in score.notes { Console.note("note: \(note)") }
    if settings.json {
      try Console.output(score.json.serialized())
    } else {
      try Console.output(
        TextTable.text(
          header: ["metric"] + score.metrics.map(\.split),
          rows: (score.metrics.first?.values ?? []).enumerated().map { row, metric in
            [metric.name] + score.metrics.map { TextTable.fixed($0.values[row].value, 4) }
          }))
      if score.isCollapsed { try Console.output("collapsed: every dev prediction is one class") }
    }
    // The files come last, so that the score is printed even if they cannot be written.
    if let samples { try score.writeSamples(to: samples) }
    if let predictions { try score.writePredictions(to: predictions) }
  }
}
