import CProcess
import Foundation

/// The process's arguments and environment variables as ``PathText``, since they may be paths.
package enum ProgramArguments {
  /// The program's name and its arguments, with bytes that are not UTF-8, which `CommandLine.arguments` loses.
  ///
  /// On Linux, `CommandLine.arguments` also needs `/proc`, which a container may lack.
  package static let all: [String] = {
    guard let arguments = ft_arguments() else { return CommandLine.arguments }
    var texts: [String] = []
    while let argument = arguments[texts.count] {
      texts.append(PathText.text(UnsafeRawBufferPointer(start: argument, count: strlen(argument))))
    }
    return texts
  }()

  /// An environment variable; `nil` where it is unset or empty.
  package static func variable(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return PathText.text(UnsafeRawBufferPointer(start: value, count: strlen(value)))
  }
}
