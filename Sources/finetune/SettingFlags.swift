import ArgumentParser
import Training

/// A command whose flags come from the table of settings.
protocol SettingCommand {
  static var settings: Setting.Commands { get }
}

/// The flags of a command, one for each setting that the table has for it.
///
/// ArgumentParser finds the arguments of a type by reflection, and reads their values as members of a keyed container.
/// So this type shows the table's entries as its children, and asks the container for them by the same names.
struct SettingFlags<Command: SettingCommand>: ParsableArguments, CustomReflectable {
  /// What the command line gave.
  private(set) var given: [GivenSetting] = []

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init() {}

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    for setting in Setting.all(of: Command.settings) {
      let key = Key(stringValue: setting.key)
      if setting.isFlag {
        if try container.decode(Flag<Bool>.self, forKey: key).wrappedValue {
          given.append(.init(flag: setting.key, "true"))
        }
      } else if let text = try container.decode(Option<String?>.self, forKey: key).wrappedValue {
        given.append(.init(flag: setting.key, text))
      }
    }
  }

  var customMirror: Mirror {
    Mirror(
      self,
      children: Setting.all(of: Command.settings).map { setting -> Mirror.Child in
        let name = NameSpecification.customLong(String(setting.flag.dropFirst(2)))
        let help = ArgumentHelp(stringLiteral: setting.help)
        let argument: Any =
          setting.isFlag
          ? Flag(wrappedValue: false, name: name, help: help)
          : Option<String?>(name: name, parsing: .unconditional, help: help)
        return (label: setting.key, value: argument)
      })
  }
}
