/// Which part of a benchmark's data, by the name that `task.yaml` gives it: `train`, `dev`, `test`, `dev_matched`.
package struct Split: Sendable, Hashable {
  package let name: String

  package static let train = Split(known: "train")
  package static let dev = Split(known: "dev")
  package static let test = Split(known: "test")

  private init(known name: String) { self.name = name }

  /// `nil` where the name is not made of small letters, digits and underscores: it becomes part of a file's name.
  package init?(_ name: String) {
    guard !name.isEmpty, name.utf8.count <= 64,
      name.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_") })
    else { return nil }
    self.name = name
  }

  /// Whether a model is scored on it during training: `dev`, or one of several such as `dev_matched`.
  package var isDev: Bool { name == "dev" || name.hasPrefix("dev_") }
  /// Whether its labels may be held back, as those of leaderboards are.
  package var isTest: Bool { name == "test" || name.hasPrefix("test_") }
}
