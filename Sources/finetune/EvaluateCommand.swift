import ArgumentParser
import Results
import Support
import Training

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Score a fine-tuned model on a task's dev split.",
    discussion: "Example:\n  finetune evaluate --model RUN/model --task cola --data GLUE/CoLA")

  enum Scoring: SettingCommand {
    static let settings = Setting.Commands.evaluate
  }

  @OptionGroup var flags: SettingFlags<Scoring>
  @Option(parsing: .unconditional, help: "Also write a predictions file here; it must not exist.") var predictions:
    String?

  func run() throws {
    var settings = RunSettings(Scoring.settings)
    try settings.take(flags.given)
    if let predictions, Files.exists(predictions) {
      throw FileError.cannotCreate(path: predictions, reason: "it exists; choose another name")
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
    // The predictions come last, so that the score is printed even if their file cannot be written.
    if let predictions { try score.writePredictions(to: predictions) }
  }
}
