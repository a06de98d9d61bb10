import Foundation
import Support

/// One option of the program.
///
/// The table ``all`` is the only list of options. Flags of the command line, keys of a `--config` file, members of the
/// recorded configuration and axes of a grid are all derived from this table, so that none of them can lack an option.
package struct Setting: Sendable {
  /// A set of commands, for those that have an option.
  package struct Commands: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    /// Fine-tuning, and each cell of a grid.
    package static let run = Commands(rawValue: 1)
    package static let pretrain = Commands(rawValue: 2)
    package static let evaluate = Commands(rawValue: 4)
    package static let memory = Commands(rawValue: 8)
    package static let predict = Commands(rawValue: 16)
    /// The settings that ``run`` has too and that decide how fast a step is.
    package static let bench = Commands(rawValue: 32)
    static let training: Commands = [.run, .pretrain]
  }

  /// Numbers that a range of a grid's axis can be made of.
  package enum Numbers: Sendable {
    case real
    case whole
  }

  /// The key in a `--config` file, in snake case: `learning_rate`.
  package let key: String
  /// One sentence for `--help`.
  package let help: String
  /// The values that are accepted, for messages: `a number above 0`.
  package let expected: String
  /// Whether the option has no value on the command line. In a file, its value is `true` or `false`.
  package let isFlag: Bool
  /// The numbers that the option takes; `nil` for an option of other values.
  package let numbers: Numbers?
  let commands: Commands
  /// Whether the option is recorded in `results.json`. Options for the output folder and the display are not.
  package let isRecorded: Bool
  /// Parses and sets the value. Returns false where the text is not accepted.
  let set: @Sendable (inout RunSettings, String) -> Bool
  /// Resets the value to its default.
  let reset: @Sendable (inout RunSettings) -> Void
  /// The value for `results.json`; null where none is set.
  let value: @Sendable (RunSettings) -> JSON

  /// The flag of the same name, in kebab case: `--learning-rate`.
  package var flag: String { Setting.flag(key) }

  static func flag(_ key: String) -> String { "--" + SettingName.kebab(key) }

  /// All options of a command except `optimizer_option`, which has several values and is not in ``all``.
  package static func all(of command: Commands) -> [Setting] { all.filter { $0.commands.contains(command) } }

  private init<Value: SettingValue>(
    _ key: String, _ path: any WritableKeyPath<RunSettings, Value> & Sendable, _ expected: String,
    in commands: Commands,
    isFlag: Bool = false, isRecorded: Bool = true, numbers: Numbers? = nil, help: String,
    accepts: @escaping @Sendable (String) -> Bool
  ) {
    (self.key, self.expected, self.help, self.commands, self.numbers) = (key, expected, help, commands, numbers)
    (self.isFlag, self.isRecorded) = (isFlag, isRecorded)
    set = { settings, text in
      guard accepts(text), let value = Value.parse(text) else { return false }
      settings[keyPath: path] = value
      return true
    }
    reset = { settings in settings[keyPath: path] = RunSettings()[keyPath: path] }
    value = { settings in settings[keyPath: path].json }
  }
}

/// Makers of the table's entries, one for each kind of value.
extension Setting {
  static func text<Value: SettingValue>(
    _ key: String, _ path: any WritableKeyPath<RunSettings, Value> & Sendable, _ expected: String,
    in commands: Commands = .training, isRecorded: Bool = true, help: String
  ) -> Setting {
    Setting(key, path, expected, in: commands, isRecorded: isRecorded, help: help) {
      !$0.isEmpty && !$0.utf8.contains(0)
    }
  }

  static func number<Value: SettingValue>(
    _ key: String, _ path: any WritableKeyPath<RunSettings, Value> & Sendable, _ expected: String,
    in commands: Commands = .training, help: String, _ accepts: @escaping @Sendable (Double) -> Bool
  ) -> Setting {
    Setting(key, path, expected, in: commands, numbers: .real, help: help) { text in
      Double(text).map { $0.isFinite && accepts($0) } ?? false
    }
  }

  static func integer<Value: SettingValue>(
    _ key: String, _ path: any WritableKeyPath<RunSettings, Value> & Sendable, _ range: ClosedRange<Int>,
    in commands: Commands = .training, help: String
  ) -> Setting {
    let expected =
      range.upperBound >= Setting.unbounded
      ? "an integer of at least \(range.lowerBound)" : "an integer from \(range.lowerBound) to \(range.upperBound)"
    return Setting(key, path, expected, in: commands, numbers: .whole, help: help) { text in
      Int(text).map(range.contains) ?? false
    }
  }

  static func flag(
    _ key: String, _ path: any WritableKeyPath<RunSettings, Bool> & Sendable, in commands: Commands = .training,
    isRecorded: Bool = true, help: String
  ) -> Setting {
    Setting(key, path, "true or false", in: commands, isFlag: true, isRecorded: isRecorded, help: help) { _ in true }
  }

  static func choice<Value: SettingValue & CaseIterable & RawRepresentable<String>>(
    _ key: String, _ path: any WritableKeyPath<RunSettings, Value> & Sendable, in commands: Commands = .training,
    help: String
  ) -> Setting {
    let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
    return Setting(key, path, "one of \(names)", in: commands, help: help) { _ in true }
  }

  /// A choice that may be left open.
  static func choice<Value: SettingValue & CaseIterable & RawRepresentable<String>>(
    _ key: String, _ path: any WritableKeyPath<RunSettings, Value?> & Sendable, in commands: Commands = .training,
    help: String
  ) -> Setting {
    let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
    return Setting(key, path, "one of \(names)", in: commands, help: help) { _ in true }
  }

  /// An option whose type parses the value, such as ``CaptureSetting``.
  static func form<Value: SettingValue>(
    _ key: String, _ path: any WritableKeyPath<RunSettings, Value> & Sendable, _ expected: String,
    in commands: Commands = .training, isRecorded: Bool = true, numbers: Numbers? = nil, help: String
  ) -> Setting {
    Setting(key, path, expected, in: commands, isRecorded: isRecorded, numbers: numbers, help: help) { _ in true }
  }

  /// An upper bound of a range of integers that stands for no bound.
  static let unbounded = 1 << 40
}

/// A type of values of a setting. A value is parsed from text and recorded as JSON.
protocol SettingValue: SendableMetatype {
  /// Parses a value; `nil` where the text is not one.
  static func parse(_ text: String) -> Self?
  var json: JSON { get }
}

extension String: SettingValue {
  static func parse(_ text: String) -> String? { text }
  var json: JSON { .text(self) }
}

extension Int: SettingValue {
  static func parse(_ text: String) -> Int? { Int(text) }
  var json: JSON { .integer(self) }
}

extension UInt64: SettingValue {
  static func parse(_ text: String) -> UInt64? { UInt64(text) }
  var json: JSON { .number(String(self)) }
}

extension Double: SettingValue {
  static func parse(_ text: String) -> Double? { Double(text) }
  var json: JSON { .real(self) }
}

extension Bool: SettingValue {
  static func parse(_ text: String) -> Bool? { Bool(text) }
  var json: JSON { .bool(self) }
}

extension Optional: SettingValue where Wrapped: SettingValue {
  static func parse(_ text: String) -> Wrapped?? { Wrapped.parse(text).map { .some($0) } }
  var json: JSON { self?.json ?? .null }
}

extension SettingValue where Self: RawRepresentable<String> {
  static func parse(_ text: String) -> Self? { Self(rawValue: text) }
  var json: JSON { .text(rawValue) }
}
