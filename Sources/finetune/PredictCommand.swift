import ArgumentParser
import Results
import Support
import Training

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Predict the answers of a test split, or of texts of your own that have none.",
    discussion: """
      Examples:
        finetune predict --model RUN/model --task cola --data GLUE/CoLA --output PREDICTIONS
        finetune predict --model RUN/model --task cola --data GLUE/CoLA --output GLUE-OUT --submission glue.zip
        finetune predict --model RUN/model --task cola --input texts.tsv --output PREDICTIONS
      Writes predictions-<task>-<split>.tsv and, where the task has a leaderboard, the file that it takes. --submission
      packs the leaderboards' files of all tasks in the output folder into one zip archive. A file of --input has the
      layout of the split.
      """)

  enum Predicting: SettingCommand {
    static let settings = Setting.Commands.predict
  }

  @OptionGroup var flags: SettingFlags<Predicting>
  @Option(parsing: .unconditional, help: "The folder to write to; files in it are never overwritten.")
  var output: String
  @Option(parsing: .unconditional, help: "Also pack the leaderboards' files of the output folder into this archive.")
  var submission: String?

  func run() throws {
    var settings = RunSettings(Predicting.settings)
    try settings.take(flags.given)
    let predictions = try SplitPredictions.make(
      settings, to: output, observer: ProgressDisplay(isQuiet: settings.quiet))
    for note in predictions.notes { Console.note("note: \(note)") }
    for path in try predictions.write(to: output) { try Console.output(path) }
    if let submission {
      let names = try Submission.pack(output, into: submission, with: predictions.submissions)
      try Console.output("\(submission): \(names.joined(separator: ", "))")
    }
  }
}
