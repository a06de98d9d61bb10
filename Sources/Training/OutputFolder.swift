import Foundation
import Results
import Support
import Tokenization

/// The folder a run writes to: its own while the process lives, and never one that holds something else.
package struct OutputFolder: Sendable {
  package let path: String
  /// Keeps other runs out.
  private let claim: FolderClaim

  /// Takes the folder given, or makes a new one under `runs/`.
  ///
  /// - Parameters:
  ///   - path: must be new or empty, or hold a run that `overwrite` replaces; what else is in the folder is left alone.
  ///   - what: the task, for the name of a new folder.
  ///   - how: the optimizer, for the name of a new folder.
  ///   - sources: files and folders the run reads, which must not be part of what is replaced.
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

  /// Takes the folder given.
  package init(_ path: String, overwrite: Bool, sources: [String] = []) throws {
    // What would be refused is refused before anything is put into the folder.
    if try !Files.makeNewFolder(path) { try OutputFolder.check(path, overwrite: overwrite, sources: sources) }
    guard let claim = try FolderClaim.take(path) else {
      throw TrainingError.outputInUse(path: path, by: FolderClaim.owner(of: path))
    }
    (self.path, self.claim) = (path, claim)
    // Another run may have been there, and have ended, since.
    let entries = try OutputFolder.check(path, overwrite: overwrite, sources: sources)
    // Of the run before nothing may stand beside the new run's files.
    let names = OutputFolder.written.union(FolderClaim.names(in: path))
    for name in entries where names.contains(where: { OutputFolder.isFile(name, of: $0) }) {
      try Files.remove(path + "/" + name)
    }
    try OutputFolder.removeModel(path + "/model")
    claim.begin()
  }

  /// What is in the folder, the claim aside.
  ///
  /// - Throws: ``TrainingError`` when it may not be written to.
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
    // A run that was killed has its claim, and so has an analysis; neither has a result that could be someone else's.
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

  /// What every run writes beside its model; what else it or an analysis writes is named in the claim.
  private static let written: Set = ["results.json", "train_log.jsonl", "predictions-dev.tsv"]
  /// What a saved model consists of.
  private static let model: Set = Set(TokenizerFiles.names).union([
    "config.json", "generation_config.json", "model.safetensors", CheckpointPresets.file,
  ])

  /// Whether a file is the one of that name, or what a killed process left of writing it.
  private static func isFile(_ file: String, of name: String) -> Bool {
    let rest = file.dropFirst(name.count)
    return file.hasPrefix(name) && (rest.isEmpty || rest.hasPrefix(".tmp-") && !rest.dropFirst(5).contains("."))
  }

  /// Removes a saved model, and its folder where nothing else is in it.
  private static func removeModel(_ folder: String) throws(FileError) {
    guard Files.isFolder(folder) else { return }
    let entries = try Files.entries(folder)
    let own = entries.filter { entry in model.contains { isFile(entry, of: $0) } }
    for name in own { try Files.remove(folder + "/" + name) }
    if own.count == entries.count { try Files.remove(folder) }
  }

  /// Makes `runs/<task>-<optimizer>-<time>`, with a number where there is one of that second already.
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
