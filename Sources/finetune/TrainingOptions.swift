import ArgumentParser
import Training

/// The options of a command that trains: its flags from the table of settings, a settings file, and the optimizer's own
/// options.
struct TrainingOptions<Command: SettingCommand>: ParsableArguments {
  @Option(parsing: .unconditional, help: "YAML or JSON file of options, keys in snake case; a flag beats the file.")
  var config: String?
  @Option(
    name: [.customShort("O"), .customLong("optimizer-option")], parsing: .unconditionalSingleValue,
    help: ArgumentHelp("An option of the optimizer; may be repeated.", valueName: "key=value"))
  var optimizerOption: [String] = []
  @OptionGroup var method: MethodFlags
  @OptionGroup var flags: SettingFlags<Command>

  /// The settings of the file, overridden by those of the flags.
  func settings() throws -> RunSettings {
    var settings = RunSettings(Command.settings)
    if let config { try SettingsFile.apply(config, to: &settings) }
    try settings.take(flags.given)
    for option in method.options { try settings.addMethodOption(option) }
    for option in optimizerOption { try settings.addOptimizerOption(option, origin: "--optimizer-option") }
    return settings
  }
}

/// The flag `-M`, for the options of the method one at a time.
struct MethodFlags: ParsableArguments {
  @Option(
    name: [.customShort("M")], parsing: .unconditionalSingleValue,
    help: ArgumentHelp("An option of the method; may be repeated.", valueName: "key=value"))
  var options: [String] = []
}

/// The settings of `run`, which `grid` and the `analyze` commands that do a run share.
enum FineTuning: SettingCommand {
  static let settings = Setting.Commands.run
}

typealias RunOptions = TrainingOptions<FineTuning>
