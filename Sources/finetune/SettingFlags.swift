import ArgumentParser
import Training

/// A command whose flags come from the table of settings (``Setting``).
protocol SettingCommand {
  static var settings: Setting.Commands { get }
  /// Keys of settings whose flags the command declares itself.
  static var declared: Set<String> { get }
}

extension SettingCommand {
  static var declared: Set<String> { [] }

  fileprivate static var flags: [Setting] { Setting.all(of: settings).filter { !declared.contains($0.key) } }
}

/// The flags of a command: one flag for each setting that the table lists for that command.
///
/// ArgumentParser finds the arguments of a type by reflection and decodes their values from a keyed container.
/// This type therefore reports the table's entries as its mirror's children, and decodes them by the same keys.
struct SettingFlags<Command: SettingCommand>: ParsableArguments, CustomReflectable {
  /// The settings that the command line gave, in the table's order.
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
    for setting in Command.flags {
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
      children: Command.flags.map { setting -> Mirror.Child in
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
