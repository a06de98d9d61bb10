import ArgumentParser
import Grid
import Optimizers
import Results
import Support
import Training

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Fine-tune a checkpoint on a task.",
    discussion: """
      Example:
        finetune --task cola --model DIR --data GLUE/CoLA --optimizer fira -O rank=8 --output RUN
      Writes results.json, train_log.jsonl, predictions-dev.tsv and model/ to the output folder. With --seeds 1,2,3 it \
      writes a folder for each seed there, and seeds.json with mean and deviation of each metric.
      """)

  @Option(
    parsing: .unconditional,
    help: """
      Seeds, separated by commas; 1..5 is each of them. In place of --seed: one run for each, and the mean and deviation \
      of the scores.
      """)
  var seeds: String?

  @OptionGroup var options: RunOptions

  func run() throws {
    let settings = try options.settings()
    if let seeds {
      try SeedRuns.present(settings, seeds: seeds)
    } else {
      try RunPresentation.present(settings)
    }
  }
}

/// Executes a run, shows its progress and result, and turns the way it ended into an exit code.
enum RunPresentation {
  /// Writes an analysis of the run to the run's folder, and returns a summary as JSON and as text.
  typealias Analysis = (_ folder: String) throws -> (summary: JSON, text: String)

  /// Executes a run of these settings and shows it.
  ///
  /// - Parameters:
  ///   - observer: collects what the analysis needs from the optimizer.
  ///   - analysis: called after the run, also after one that failed.
  static func present(
    _ settings: RunSettings, observer: (any OptimizerObserver)? = nil, analysis: Analysis? = nil
  ) throws {
    if analysis != nil, let setting = settings.given.first(where: { ["resume", "checkpoint_every"].contains($0.key) }) {
      throw TrainingError.badSetting(
        origin: setting.origin, key: setting.key, found: "a run that goes on",
        expected: "one that begins here, because an analysis needs every step; leave the option out")
    }
    let profile = try settings.profile.map { try RunProfile(path: $0, overwrite: settings.overwrite) }
    Interruption.install()
    ProcessLauncher.listenIfCell()
    let display = ProgressDisplay(isQuiet: settings.quiet || settings.json)
    let run = try Profiler.phase("preparation") {
      try Run.prepare(settings, command: ProgramArguments.all, observer: display)
    }
    display.evaluations = EvaluationLog(run.record)
    if let observer { run.observe(with: observer) }
    let folder = run.output.path
    let result: RunRecord
    do {
      result = try run.execute()
    } catch {
      display.endLine()
      profile?.saveWhatThereIs()
      // The run's own error is the one to report, so an error of the analysis is dropped.
      _ = try? analysis?(folder)
      Console.note("what there is of the run: \(folder)")
      throw error
    }
    display.endLine()
    let profiled = profile?.finish()
    let found = try analysis?(folder)
    // This note comes first, so that it appears even if the result cannot be printed.
    if result.status == .interrupted {
      let remedy = analysis == nil ? "; the same command with --output \(folder) --resume goes on" : ""
      Console.note("interrupted: \(result.reason ?? "")\(remedy)")
    }
    try Console.output(kept: folder) {
      guard settings.json else {
        let texts =
          [ResultTable.text(result, output: folder)] + (profiled.map { ["", ProfileTable.text($0)] } ?? [])
          + (found.map { ["", $0.text] } ?? [])
        return PathText.bytes(texts.joined(separator: "\n") + "\n")
      }
      guard let found, var object = result.json.object else { return result.json.serialized() }
      object["analysis"] = found.summary
      return JSON.object(object).serialized()
    }
    if let profile, let profiled {
      if settings.json { Console.note(ProfileTable.text(profiled)) }
      // It comes last, so that the result is printed even if this file cannot be written.
      try profile.write(profiled)
    }
    if result.status == .interrupted { throw ExitCode(ExitStatus.interrupted.rawValue) }
  }
}
