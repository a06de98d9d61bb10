/// A part of a benchmark's data, with the name that `task.yaml` gives it, e.g. `train`, `dev`, `test` or `dev_matched`.
package struct Split: Sendable, Hashable {
  package let name: String

  package static let train = Split(known: "train")
  package static let dev = Split(known: "dev")
  package static let test = Split(known: "test")

  private init(known name: String) { self.name = name }

  /// Makes a split from a name of 1 to 64 small letters, digits and underscores; `nil` for any other name. The name
  /// becomes part of a file name, so it must not hold a slash.
  package init?(_ name: String) {
    guard !name.isEmpty, name.utf8.count <= 64,
      name.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_") })
    else { return nil }
    self.name = name
  }

  /// Whether a model is scored on the split during training, as on `dev` or `dev_matched`.
  package var isDev: Bool { name == "dev" || name.hasPrefix("dev_") }
  /// Whether the split may lack labels, as the test data of leaderboards do.
  package var isTest: Bool { name == "test" || name.hasPrefix("test_") }
}
