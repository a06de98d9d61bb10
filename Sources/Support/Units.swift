/// Forms of numbers and names that more than one target needs.
extension Duration {
  /// The duration in seconds.
  package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

/// Byte counts in MiB, for messages.
package enum Mebibytes {
  package static func of(_ bytes: Int) -> Double { Double(bytes) / 1_048_576 }

  /// A required amount of memory or disk, rounded up, e.g. `12 MiB`.
  package static func needed(_ bytes: Int) -> String { "\((bytes + (1 << 20) - 1) >> 20) MiB" }

  /// An amount that is available, rounded down, so that a requirement that it does not meet never looks equal to it.
  package static func available(_ bytes: Int) -> String { "\(bytes >> 20) MiB" }
}

/// A number of things, in words.
package enum Plural {
  /// `1 row`, `2 rows`; a plural that adds more than an s is given.
  package static func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
    "\(number) \(number == 1 ? one : many ?? one + "s")"
  }
}

/// A setting's name in its two spellings: `max_steps` in files, and `max-steps` in flags and optimizer options.
package enum SettingName {
  package static func kebab(_ name: String) -> String { String(name.map { $0 == "_" ? "-" : $0 }) }
  package static func snake(_ name: String) -> String { String(name.map { $0 == "-" ? "_" : $0 }) }
}
