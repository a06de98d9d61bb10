import Support

/// The profile of a run that asks for one, from its preparation to its results.
struct RunProfile {
  private let path: String

  /// Starts the profile.
  ///
  /// - Parameter overwrite: whether a file that exists may be replaced.
  /// - Throws: `FileError` where the file could not be written at the end, which may be hours away.
  init(path: String, overwrite: Bool) throws(FileError) {
    if Files.exists(path) {
      guard !Files.isFolder(path) else { throw .isDirectory(path: path) }
      guard overwrite else {
        throw .cannotCreate(path: path, reason: "it exists; choose another --profile, or give --overwrite")
      }
    }
    try Files.checkFolder(of: path)
    self.path = path
    Profiler.shared.start()
  }

  /// Ends the profile; `nil` where it has ended before.
  func finish() -> Profile? { Profiler.shared.finish() }

  /// - Throws: `FileError`.
  func write(_ profile: Profile) throws(FileError) {
    try ChromeTrace.write(profile, to: path)
    Console.note("profile: \(path); ui.perfetto.dev opens it")
  }

  /// Writes the profile of a run that failed, whose own error is the one to report.
  func saveWhatThereIs() {
    guard let profile = finish() else { return }
    Console.note(ProfileTable.text(profile))
    try? write(profile)
  }
}

/// What a profile found, as a table for a terminal. Without the operations, which are indented, its rows sum to the wall
/// time.
enum ProfileTable {
  static func text(_ profile: Profile) -> String {
    let whole = Double(max(1, profile.nanoseconds))
    let rows = profile.rows.map { name, isOperation, total -> [String] in
      let time = Double(total.nanoseconds)
      return [
        (isOperation ? "  " : "") + name, TextTable.fixed(time / 1e9, 3), TextTable.fixed(100 * time / whole, 1) + " %",
        total.count > 0 ? "\(total.count)" : "",
        total.flop > 0 && time > 0 ? TextTable.fixed(Double(total.flop) / time, 1) : "",
      ]
    }
    return TextTable.text(header: ["phase", "seconds", "share", "count", "GFLOP/s"], rows: rows)
  }
}
