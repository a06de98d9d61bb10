import CProcess
import Foundation

/// What the process was started with, as ``PathText``: arguments and variables may be paths.
package enum ProgramArguments {
  /// The program's name and its arguments. `CommandLine.arguments` loses bytes that are not UTF-8.
  ///
  /// On Linux it also depends on `/proc`, which a container may lack.
  package static let all: [String] = {
    guard let arguments = ft_arguments() else { return CommandLine.arguments }
    var texts: [String] = []
    while let argument = arguments[texts.count] {
      texts.append(PathText.text(UnsafeRawBufferPointer(start: argument, count: strlen(argument))))
    }
    return texts
  }()

  /// A variable of the environment; `nil` where it is not set, or empty.
  package static func variable(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return PathText.text(UnsafeRawBufferPointer(start: value, count: strlen(value)))
  }
}
