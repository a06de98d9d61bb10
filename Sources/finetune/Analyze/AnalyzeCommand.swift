import ArgumentParser
import Training

struct AnalyzeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analyze", abstract: "Measure what memory-efficient optimizers rest on, as their papers did.",
    discussion: """
      Examples:
        finetune run --task cola --capture second-moments@100 --output RUN
        finetune analyze factorization --input RUN
        finetune analyze scaling --task cola --optimizer fira -O rank=8 --max-steps 200
        finetune analyze rank --task cola --optimizer adapprox --max-steps 200
      """,
    subcommands: [AnalyzeFactorizationCommand.self, AnalyzeScalingCommand.self, AnalyzeRankCommand.self])
}

extension TrainingOptions<FineTuning> {
  /// The settings of a run that an analysis observes.
  ///
  /// - Parameter optimizers: the names of the optimizers that the analysis supports; the first is the default.
  /// - Throws: `TrainingError.badSetting` for any other optimizer, and what ``settings()`` throws.
  func settings(watching optimizers: [String]) throws -> RunSettings {
    var settings = try settings()
    if let usual = optimizers.first, !settings.given.contains(where: { $0.key == "optimizer" }) {
      try settings.set("optimizer", usual, origin: "--optimizer")
    }
    guard optimizers.contains(settings.optimizer) else {
      throw TrainingError.badSetting(
        origin: "--optimizer", key: "optimizer", found: settings.optimizer,
        expected: optimizers.joined(separator: " or ") + ", which this analysis is about")
    }
    return settings
  }
}
