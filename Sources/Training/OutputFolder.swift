import Foundation
import Results
import Support
import Tokenization

/// The folder that a run writes to. While the process lives, no other run can use the folder. A folder that holds
/// files but no run is refused.
package struct OutputFolder: Sendable {
  package let path: String
  /// Keeps other processes from using the folder.
  private let claim: FolderClaim

  /// Claims the folder given, or makes a new one under `runs/`.
  ///
  /// - Parameters:
  ///   - path: a folder that is new or empty, or holds a run that `overwrite` replaces. Other files in it are kept.
  ///   - what: the task, for the name of a new folder.
  ///   - how: the optimizer, for the name of a new folder.
  ///   - sources: files and folders that the run reads. They must not lie in a folder that is overwritten.
  /// - Throws: ``TrainingError`` when the folder holds something else or another process writes to it, or ``FileError``
  ///   when it cannot be created.
  package init(
    _ path: String?, orNewOf what: String, _ how: String, overwrite: Bool, sources: [String] = []
  ) throws {
    if let path {
      try self.init(path, overwrite: overwrite, sources: sources)
    } else {
      try self.init(OutputFolder.new(what, how), overwrite: false)
    }
  }

  /// Claims the folder given.
  package init(_ path: String, overwrite: Bool, sources: [String] = []) throws {
    // Check first, so that a refused run puts nothing into the folder.
    if try !Files.makeNewFolder(path) { try OutputFolder.check(path, overwrite: overwrite, sources: sources) }
    guard let claim = try FolderClaim.take(path) else {
      throw TrainingError.outputInUse(path: path, by: FolderClaim.owner(of: path))
    }
    (self.path, self.claim) = (path, claim)
    // Check again under the claim: another run may have written to the folder in the meantime.
    let entries = try OutputFolder.check(path, overwrite: overwrite, sources: sources)
    // Remove the files of the earlier run, so that they cannot be mistaken for the new run's.
    let names = OutputFolder.written.union(FolderClaim.names(in: path))
    for name in entries where names.contains(where: { OutputFolder.isFile(name, of: $0) }) {
      try Files.remove(path + "/" + name)
    }
    try OutputFolder.removeModel(path + "/model")
    claim.begin()
  }

  /// Checks that a run may write to the folder.
  ///
  /// - Returns: the names in the folder, without the claim.
  /// - Throws: ``TrainingError`` if the run may not write there, ``FileError`` if the path is no folder.
  @discardableResult
  private static func check(_ path: String, overwrite: Bool, sources: [String]) throws -> [String] {
    guard Files.isFolder(path) else {
      let reason = Files.exists(path) ? "a file of that name exists" : "it is a link to what is not there"
      throw FileError.cannotCreate(path: path, reason: reason)
    }
    let entries = try Files.entries(path).filter { $0 != FolderClaim.fileName }
    guard !entries.isEmpty else { return [] }
    guard overwrite else { throw TrainingError.outputNotEmpty(path: path) }
    let results = entries.contains("results.json") ? try? JSON.parse(Files.read(path + "/results.json")) : nil
    // A killed run and an analysis leave a claim but no results.json. With results.json, its schema decides instead.
    let isRun =
      results.map { (1...RunRecord.schemaVersion).contains($0["schema_version"]?.integer ?? 0) }
      ?? Files.exists(path + "/" + FolderClaim.fileName)
    guard isRun, !entries.contains("results.json") || results != nil else {
      throw TrainingError.outputHoldsNoRun(path: path)
    }
    if let source = sources.first(where: { Files.holds(path, $0) }) {
      throw TrainingError.outputHoldsSource(path: path, source: source)
    }
    return entries
  }

  /// The files that runs write besides the model. The claim lists the other files of a run or an analysis.
  private static let written: Set = ["results.json", "train_log.jsonl", "predictions-dev.tsv"]
  /// The files of a saved model.
  private static let model: Set = Set(TokenizerFiles.names).union([
    "config.json", "generation_config.json", "model.safetensors", CheckpointPresets.file,
  ])

  /// Whether a file has that name, or is the temporary file that a killed process left, e.g. `results.json.tmp-47-9`.
  private static func isFile(_ file: String, of name: String) -> Bool {
    let rest = file.dropFirst(name.count)
    return file.hasPrefix(name) && (rest.isEmpty || rest.hasPrefix(".tmp-") && !rest.dropFirst(5).contains("."))
  }

  /// Removes the files of a saved model, and the folder if it holds nothing else.
  private static func removeModel(_ folder: String) throws(FileError) {
    guard Files.isFolder(folder) else { return }
    let entries = try Files.entries(folder)
    let own = entries.filter { entry in model.contains { isFile(entry, of: $0) } }
    for name in own { try Files.remove(folder + "/" + name) }
    if own.count == entries.count { try Files.remove(folder) }
  }

  /// Makes `runs/<task>-<optimizer>-<time>`, e.g. `runs/cola-fira-20260131-120000`, and returns its path. If it
  /// exists already, a number is added, from `-2`.
  ///
  /// - Throws: ``FileError/cannotCreate(path:reason:)``.
  package static func new(_ task: String, _ optimizer: String) throws(FileError) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyyMMdd-HHmmss"
    let base = "runs/" + FolderName.make("\(task)-\(optimizer)", end: formatter.string(from: Date()))
    var path = base
    var number = 2
    while try !Files.makeNewFolder(path) {
      path = "\(base)-\(number)"
      number += 1
    }
    return path
  }
}
