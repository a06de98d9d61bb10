import ArgumentParser
import Training

/// The options of a command that trains: every setting that the table has for it, a file of them, and the optimizer's own.
struct TrainingOptions<Command: SettingCommand>: ParsableArguments {
  @Option(parsing: .unconditional, help: "YAML or JSON file of options, keys in snake case; a flag beats the file.")
  var config: String?
  @Option(
    name: [.customShort("O"), .customLong("optimizer-option")], parsing: .unconditionalSingleValue,
    help: ArgumentHelp("An option of the optimizer; may be repeated.", valueName: "key=value"))
  var optimizerOption: [String] = []
  @OptionGroup var flags: SettingFlags<Command>

  /// The file's settings, with the flags on top.
  func settings() throws -> RunSettings {
    var settings = RunSettings(Command.settings)
    if let config { try SettingsFile.apply(config, to: &settings) }
    try settings.take(flags.given)
    for option in optimizerOption { try settings.addOptimizerOption(option, origin: "--optimizer-option") }
    return settings
  }
}

/// Fine-tuning, of which `grid` and `analyze` have the options too.
enum FineTuning: SettingCommand {
  static let settings = Setting.Commands.run
}

typealias RunOptions = TrainingOptions<FineTuning>
