/// Numbers and names in the forms that more than one room needs.
extension Duration {
  /// In seconds.
  package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

/// Bytes in MiB, for people.
package enum Mebibytes {
  package static func of(_ bytes: Int) -> Double { Double(bytes) / 1_048_576 }

  /// What has to be free: rounded up, e.g. `12 MiB`.
  package static func needed(_ bytes: Int) -> String { "\((bytes + (1 << 20) - 1) >> 20) MiB" }
}

/// A setting's name in its two spellings: `max_steps` in files, `max-steps` in flags and for an optimizer's options.
package enum SettingName {
  package static func kebab(_ name: String) -> String { String(name.map { $0 == "_" ? "-" : $0 }) }
  package static func snake(_ name: String) -> String { String(name.map { $0 == "-" ? "_" : $0 }) }
}
