import Foundation

/// What the process was started with, as ``PathText``: arguments and variables may be paths.
public enum ProgramArguments {
  /// The program's name and its arguments. `CommandLine.arguments` loses bytes that are not UTF-8.
  public static let all: [String] = (0..<Int(CommandLine.argc)).compactMap { index in
    CommandLine.unsafeArgv[index].map { PathText.text(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
  }

  /// A variable of the environment; `nil` where it is not set, or empty.
  public static func variable(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return PathText.text(UnsafeRawBufferPointer(start: value, count: strlen(value)))
  }
}
