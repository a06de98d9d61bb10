import ArgumentParser
import Grid
import Support
import Training

struct GridCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grid", abstract: "Search learning rates and optimizers: one run for each combination.",
    discussion: """
      Examples:
        finetune grid --tasks cola --optimizers adamw,fira --learning-rates 3e-4,1e-3,3e-3 --seeds 1,2 --output GRID
        finetune grid --tasks cola,mrpc --data cola=GLUE/CoLA --data mrpc=GLUE/MRPC --optimizers adamw,fira \
          --learning-rates 1e-6..1e-3/7 --learning-rates fira:1e-4..1e-2/5 --axis batch_size=16,32 -O fira.rank=4,8 \
          --seeds 1,2,3 --jobs 2 --extend --output GRID
        finetune grid status GRID
      LOW..HIGH/COUNT is a range with equal ratios, both ends included, of any option that is a number above 0; LOW..HIGH is each \
      whole number. Every \
      option of run is fixed for all cells; -O fira.rank=8 addresses one optimizer, and several values make an axis. Every \
      setting runs with the first seed before any runs with the second. Started again with the same --output, the grid \
      goes on with the cells that are missing. grid.json there gathers all cells and names the best rate of each task \
      and optimizer.
      """, subcommands: [GridStatusCommand.self])

  @Option(parsing: .unconditional, help: "YAML or JSON file of run options; a list or a range makes an axis.")
  var grid: String?
  @Option(parsing: .unconditional, help: "Tasks, separated by commas.") var tasks: String?
  @Option(parsing: .unconditional, help: "Optimizers, separated by commas (default: adamw).") var optimizers: String?
  @Option(
    parsing: .unconditionalSingleValue,
    help: """
      Rates or ranges, separated by commas; OPTIMIZER:RATES for one optimizer, may be repeated (default: each \
      optimizer's preset).
      """)
  var learningRates: [String] = []
  @Option(parsing: .unconditional, help: "Seeds, separated by commas; 1..5 is each of them (default: 42).")
  var seeds: String?
  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Values or ranges of any other option, e.g. batch_size=16,32 or fira.rank=4..32/4; may be repeated.",
      valueName: "key=values"))
  var axis: [String] = []
  @Option(
    parsing: .unconditionalSingleValue,
    help: """
      The folder or zip archive of the benchmark's official files, or a folder of several benchmarks; TASK=DIR for one \
      task, may be repeated (default: the task's data/, else its sample/).
      """)
  var data: [String] = []
  @Option(
    parsing: .unconditional,
    help: "Cells that run at a time, each with its share of the cores, as far as memory allows (default: 1).")
  var jobs: String?
  @Option(
    parsing: .unconditional,
    help: """
      Cut cells early: median, those worse than the median of the cells before them; halving, those not in the better \
      half after evaluations 1, 2, 4 and so on; none (default: none).
      """)
  var stop: String?
  @Flag(help: "Where the best rate is at the edge, go on beyond it, at most 4 rates on a side.") var extend = false
  @Flag(help: "Print the cells with planned memory and expected time, and write nothing.") var dryRun = false
  @OptionGroup var options: TrainingOptions<GridTraining>

  func run() throws {
    let settings = try options.settings()
    try GridCommand.refuseOptionsOfOneRun(settings, what: "a grid goes")
    let (axes, gridOptions) = (try axes(settings), try gridOptions())
    if dryRun {
      let forecast = try GridForecast(axes, output: settings.output, gridOptions)
      return try Console.output(
        settings.json ? forecast.json.serialized() : PathText.bytes(ForecastTable.text(forecast) + "\n"))
    }
    let run = try GridCommand.execute(axes, settings, gridOptions)
    try Console.output(kept: run.path) { () throws(FileError) in
      settings.json ? try Files.read(run.path + "/grid.json") : PathText.bytes(GridTable.text(run) + "\n")
    }
    // A diverged run is a result about its learning rate; only a run that failed otherwise makes the grid fail.
    if let status = run.failureStatus { throw ExitCode(status) }
  }

  /// Whether `--json` is given, and nothing else, to a subcommand of this command.
  ///
  /// - Throws: ``GridError/badAxis(origin:reason:)`` for an option that only a grid has.
  func isJSONAlone() throws -> Bool {
    let settings = options.flags.given.filter { $0.key != "json" }.map(\.origin)
    let own = [
      ("--grid", grid != nil), ("--tasks", tasks != nil), ("--optimizers", optimizers != nil),
      ("--learning-rates", !learningRates.isEmpty), ("--seeds", seeds != nil), ("--axis", !axis.isEmpty),
      ("--data", !data.isEmpty), ("--jobs", jobs != nil), ("--stop", stop != nil), ("--extend", extend),
      ("--dry-run", dryRun), ("--config", options.config != nil), ("-O", !options.optimizerOption.isEmpty),
      ("-M", !options.method.options.isEmpty),
    ].filter(\.1).map(\.0)
    if let option = (own + settings).first {
      throw GridError.badAxis(origin: option, reason: "grid status has no such option, expected a folder and --json")
    }
    return options.flags.given.contains { $0.key == "json" }
  }

  private func axes(_ settings: RunSettings) throws -> GridAxes {
    var axes = try grid.map { try GridFile.read($0) } ?? GridAxes()
    try axes.setFixed(settings)
    for (flag, key, text) in [
      ("--tasks", "task", tasks), ("--optimizers", "optimizer", optimizers), ("--seeds", "seed", seeds),
    ] {
      if let text { try axes.setAxis(key, flag: flag, text, beside: settings) }
    }
    try axes.setRates(learningRates, flag: "--learning-rates", beside: settings)
    for text in axis { try axes.setAxis(assignment: text, beside: settings) }
    try axes.setData(data)
    return axes
  }

  private func gridOptions() throws -> GridOptions {
    var result = GridOptions()
    result.extends = extend
    if let jobs {
      guard let count = Int(jobs), (1...1_024).contains(count) else {
        throw GridError.badAxis(origin: "--jobs", reason: "found \"\(jobs)\", expected an integer from 1 to 1024")
      }
      result.jobs = count
    }
    if let stop {
      guard let rule = StopRule(rawValue: stop) else {
        throw GridError.badAxis(
          origin: "--stop",
          reason: "found \"\(stop)\", expected one of \(StopRule.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      result.stop = rule
    }
    return result
  }

  /// Refuses flags that are for one run: a profile, and what to do with an earlier run, since several runs always go on.
  static func refuseOptionsOfOneRun(_ settings: RunSettings, what: String) throws(GridError) {
    guard settings.profile == nil else {
      throw .badAxis(origin: "--profile", reason: "a profile is of one run; give it to a run of one seed")
    }
    guard settings.overwrite || settings.resume else { return }
    throw .badAxis(
      origin: settings.overwrite ? "--overwrite" : "--resume",
      reason: "\(what) on with what the folder holds by itself; "
        + (settings.overwrite ? "give a new --output to start afresh" : "leave out --resume"))
  }

  /// Runs every cell, and shows the progress.
  ///
  /// - Returns: the grid with all of its outcomes.
  /// - Throws: the error of the grid, or the exit code of one that a signal stopped.
  static func execute(_ axes: GridAxes, _ settings: RunSettings, _ options: GridOptions = GridOptions()) throws -> Grid
  {
    Interruption.install()
    let display = GridDisplay(isQuiet: settings.quiet || settings.json, jobs: options.jobs)
    let grid = try Grid.prepare(
      axes, output: settings.output, options: options, launcher: ProcessLauncher(), command: ProgramArguments.all,
      observer: display)
    // The table of the moment gives way to what is printed after it.
    defer { display.end() }
    guard try grid.execute() else {
      Console.note("interrupted: start it again with --output \(grid.path) to go on")
      throw ExitCode(ExitStatus.interrupted.rawValue)
    }
    return grid
  }
}

/// The settings of a run that are flags of `grid` too. A grid takes several folders of data.
enum GridTraining: SettingCommand {
  static let settings = Setting.Commands.run
  static let declared: Set<String> = ["data"]
}
