import Support

/// The folder `state/` of a run's output folder, which keeps the last two states of the run:
///
///     state/step-00000120/state.json              what the run knows: RunState
///     state/step-00000120/weights.safetensors     the trained parameters
///     state/step-00000120/optimizer.safetensors   the optimizer's tensors
///     state/step-00000120/saved/…                 the saved model and the predictions, as they were after the step
///     state/step-00000120/SHA256SUMS              the digests of all these files; `sha256sum -c` reads it
///
/// A state is written beside the old ones under a temporary name, flushed, and renamed last. So a folder of this name
/// is whole, unless someone or the disk damaged it afterwards, which the digests show.
package struct StateFolder {
  package let path: String

  static let name = "state"
  static let sums = "SHA256SUMS"
  /// How many states are kept. With two, one is left when the other turns out to be damaged.
  private static let kept = 2
  private static let prefix = "step-"
  private static let temporaryMark = ".tmp-"

  /// - Parameter output: the run's output folder.
  package init(output: String) { path = output + "/" + StateFolder.name }

  /// The steps that states are here of, the latest first.
  ///
  /// - Throws: `FileError` when the folder is there and cannot be read.
  package func steps() throws(FileError) -> [Int] {
    guard Files.exists(path) else { return [] }
    return try Files.entries(path).compactMap(StateFolder.step).sorted(by: >)
  }

  /// The folder of a step's state. The number is padded, so that a listing has the states in their order.
  package func folder(_ step: Int) -> String {
    let digits = String(step)
    return path + "/" + StateFolder.prefix + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  private static func step(_ name: String) -> Int? {
    guard name.hasPrefix(prefix), !name.contains(temporaryMark) else { return nil }
    return Int(name.dropFirst(prefix.count)).flatMap { $0 >= 0 ? $0 : nil }
  }

  /// Writes the state of a step, then removes all but the last two.
  ///
  /// - Parameter body: writes the files into the folder it is given. It returns the digests that it knows already, by
  ///   path in that folder.
  /// - Throws: `FileError` or what `body` throws; the earlier states are then as they were.
  func write(step: Int, _ body: (_ folder: String) throws -> [String: String]) throws {
    let (folder, temporary) = (
      folder(step), folder(step) + StateFolder.temporaryMark + FolderName.make(FolderClaim.thisProcess)
    )
    try Files.makeFolders(path)
    try Files.remove(temporary)
    try Files.makeFolders(temporary)
    do {
      let known = try body(temporary)
      var lines = ""
      for file in try StateFolder.files(in: temporary) {
        lines += "\(try known[file] ?? Digest.sha256(ofFile: temporary + "/" + file))  \(file)\n"
      }
      try Files.writeAtomically(temporary + "/" + StateFolder.sums, PathText.bytes(lines))
      // A state of this step is left where it was damaged, or where the run went on from an earlier one.
      try Files.remove(folder)
      try Files.rename(temporary, to: folder)
    } catch {
      // The error of writing is the one to report.
      try? Files.remove(temporary)
      throw error
    }
    // A later state is one that the run could not go on from; the run will be there again.
    let earlier = try steps().filter { $0 < step }
    for old in try steps().filter({ $0 > step }) + earlier.dropFirst(StateFolder.kept - 1) {
      try Files.remove(self.folder(old))
    }
  }

  /// Compares the state of a step with its digests.
  ///
  /// - Returns: what is wrong, e.g. `weights.safetensors is damaged`; `nil` where everything is as it was written.
  func fault(step: Int) -> String? {
    let folder = folder(step)
    guard Files.kind(folder + "/" + StateFolder.sums) == .file else { return "\(StateFolder.sums) is missing" }
    do {
      let lines = try Files.read(folder + "/" + StateFolder.sums, limit: 1 << 20).split(separator: UInt8(ascii: "\n"))
      var named = Set<String>()
      for line in lines {
        let parts = PathText.text(line).split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.count == 2 ? parts[1].drop { $0 == " " } : ""
        guard parts[0].utf8.count == 64, !name.isEmpty, !name.split(separator: "/").contains("..") else {
          return "\(StateFolder.sums) is damaged"
        }
        named.insert(String(name))
        let file = folder + "/" + name
        guard Files.kind(file) == .file else { return "\(name) is missing" }
        guard try Digest.sha256(ofFile: file) == parts[0] else { return "\(name) is damaged" }
      }
      guard named.contains("state.json") else { return "\(StateFolder.sums) does not name state.json" }
      // A file that no digest vouches for would be taken as it is.
      let extra = try StateFolder.files(in: folder).first { $0 != StateFolder.sums && !named.contains($0) }
      return extra.map { "\($0) is not one of its files" }
    } catch {
      return error.localizedDescription
    }
  }

  /// The regular files in a folder and the folders in it, as paths from there.
  package static func files(in folder: String, below part: String = "") throws(FileError) -> [String] {
    var found: [String] = []
    for name in try Files.entries(folder + "/" + part) {
      let path = part + name
      switch Files.kind(folder + "/" + path) {
      case .folder: found += try files(in: folder, below: path + "/")
      default: found.append(path)
      }
    }
    return found
  }

  /// Removes what a process left that was killed while it wrote a state.
  func removeLeftovers() throws(FileError) {
    guard Files.exists(path) else { return }
    for name in try Files.entries(path) where name.hasPrefix(StateFolder.prefix) {
      if name.contains(StateFolder.temporaryMark) { try Files.remove(path + "/" + name) }
    }
  }

  /// Removes all states, and the folder if it holds nothing else.
  package func removeAll() throws(FileError) {
    guard Files.isFolder(path) else { return }
    let entries = try Files.entries(path)
    let own = entries.filter { $0.hasPrefix(StateFolder.prefix) }
    for name in own { try Files.remove(path + "/" + name) }
    if own.count == entries.count { try Files.remove(path) }
  }
}
