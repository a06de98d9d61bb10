import Foundation
import Models
import Results
import Support
import Tokenization

/// The folder that a run writes to. While the process lives, no other run can use the folder. A folder that holds
/// files but no run is refused.
package struct OutputFolder: Sendable {
  package let path: String
  /// Keeps other processes from using the folder.
  private let claim: Result<FolderClaim, FileError>

  /// What a run may do with a folder that holds a run already.
  package enum Use: Sendable {
    /// Nothing: the folder must be new or empty.
    case new
    /// Replace that run.
    case overwrite
    /// Go on with that run.
    case resume
  }

  /// Claims the folder given, or makes a new one under `runs/`.
  ///
  /// - Parameters:
  ///   - path: a folder that is new or empty, or holds a run that `use` permits. Other files in it are kept.
  ///   - what: the task, for the name of a new folder.
  ///   - how: the optimizer, for the name of a new folder.
  ///   - sources: files and folders that the run reads. They must not lie in a folder that is overwritten.
  /// - Throws: ``TrainingError`` when the folder holds something else or another process writes to it, or ``FileError``
  ///   when it cannot be created.
  package init(_ path: String?, orNewOf what: String, _ how: String, _ use: Use, sources: [String] = []) throws {
    if let path {
      try self.init(path, use, sources: sources)
    } else {
      try self.init(OutputFolder.new(what, how), .new)
    }
  }

  /// Claims the folder given. The files of a run to be replaced are removed, those of a run to go on with are not.
  package init(_ path: String, _ use: Use, sources: [String] = []) throws {
    // Check first, so that a refused run puts nothing into the folder.
    if try !Files.makeNewFolder(path) { try OutputFolder.check(path, use, sources: sources) }
    let claimed = Result { () throws(FileError) in try FolderClaim.take(path) }
    switch claimed {
    case .success(let claim?): self.claim = .success(claim)
    case .success(nil): throw TrainingError.outputInUse(path: path, by: FolderClaim.owner(of: path))
    case .failure(let error):
      // A run that has ended can be shown from a disk that takes no writes.
      guard use == .resume else { throw error }
      claim = .failure(error)
    }
    self.path = path
    // Check again under the claim: another run may have written to the folder in the meantime.
    let entries = try OutputFolder.check(path, use, sources: sources)
    // The state of step 0 alone is that of a run that was killed before it wrote anything else.
    let hasSteps = try StateFolder(output: path).steps().contains { $0 > 0 }
    holdsRun = use == .resume && (hasSteps || entries.contains { $0 != StateFolder.name })
    if use != .resume {
      try StateFolder(output: path).removeAll()
      try clear()
    }
  }

  /// Whether the folder holds a run to go on with.
  let holdsRun: Bool

  /// Checks that the folder is claimed, which whatever writes to it needs.
  ///
  /// - Throws: `FileError`, the one with which the claim failed.
  func checkClaim() throws(FileError) { _ = try claim.get() }

  /// Removes the files of an earlier run but its states, so that they cannot be mistaken for this run's, and names this
  /// process as the writer.
  ///
  /// - Parameter isKept: whether a file stays.
  /// - Throws: `FileError`.
  func clear(keeping isKept: (String) -> Bool = { _ in false }) throws(FileError) {
    let claimed = FolderClaim.names(in: path)
    let names = OutputFolder.written.union(claimed)
    for name in try Files.entries(path) where !isKept(name) {
      if names.contains(where: { Files.isName(name, of: $0) }) { try Files.remove(path + "/" + name) }
    }
    try OutputFolder.removeModel(path + "/model")
    try claim.get().begin(keeping: claimed.filter(isKept))
  }

  /// The record of the run in the folder; `nil` where the run has not ended.
  ///
  /// - Throws: ``TrainingError/badFile(path:reason:)`` for a record that is damaged or that a newer program wrote.
  func record() throws -> RunRecord? {
    let file = path + "/" + OutputFolder.results
    guard Files.exists(file) else { return nil }
    return try OutputFolder.read(file)
  }

  private static func read(_ file: String) throws -> RunRecord {
    let remedy = "nothing was changed; choose another --output, or move the file away"
    let bytes = try Files.read(file, limit: 1 << 26)
    do { return try RunRecord(JSON.parse(bytes)) } catch let error as JSONParseError {
      throw TrainingError.badFile(path: file, reason: "is damaged: \(error.description); \(remedy)")
    } catch let fault as RecordFault {
      // The advice for a newer file is in its message.
      let reason = fault.newerVersion == nil ? "is damaged: \(fault.message); \(remedy)" : fault.message
      throw TrainingError.badFile(path: file, reason: reason)
    }
  }

  /// Checks that a run may write to the folder.
  ///
  /// - Returns: the names in the folder, without the claim.
  /// - Throws: ``TrainingError`` if the run may not write there, ``FileError`` if the path is no folder.
  @discardableResult
  private static func check(_ path: String, _ use: Use, sources: [String]) throws -> [String] {
    guard Files.isFolder(path) else {
      let reason = Files.exists(path) ? "a file of that name exists" : "it is a link to what is not there"
      throw FileError.cannotCreate(path: path, reason: reason)
    }
    let entries = try Files.entries(path).filter { $0 != FolderClaim.fileName }
    guard !entries.isEmpty else { return [] }
    guard use != .new else { throw TrainingError.outputNotEmpty(path: path) }
    guard try holdsRun(path, entries, use) else {
      throw TrainingError.outputHoldsNoRun(path: path, flag: use.flag)
    }
    if let source = sources.first(where: { Files.holds(path, $0) }) {
      throw TrainingError.outputHoldsSource(path: path, source: source, flag: use.flag)
    }
    return entries
  }

  /// Whether the files are those of a run of this or an older version.
  ///
  /// - Throws: ``TrainingError/badFile(path:reason:)`` where they are a run's that cannot be gone on with, because its
  ///   record is damaged or a newer program's.
  private static func holdsRun(_ path: String, _ entries: [String], _ use: Use) throws -> Bool {
    // A killed run and an analysis leave a claim but no results.json. With results.json, its schema decides instead.
    let isClaimed = Files.exists(path + "/" + FolderClaim.fileName)
    guard entries.contains(results) else { return isClaimed }
    let file = path + "/" + results
    let json = try? JSON.parse(Files.read(file, limit: 1 << 26))
    let version = json?["schema_version"]?.integer
    // Another program's results.json has no such version.
    let isOurs = use == .resume ? json == nil || version != nil || isClaimed : version ?? 0 > RunRecord.schemaVersion
    if isOurs { _ = try read(file) }
    return (1...RunRecord.schemaVersion).contains(version ?? 0)
  }

  static let results = "results.json"
  /// The files that runs write besides the model. The claim lists the other files of a run or an analysis.
  private static let written: Set = [results, "train_log.jsonl", "predictions-dev.tsv"]
  /// The files of a saved model.
  private static let model: Set = Set(TokenizerFiles.names).union([
    "config.json", "generation_config.json", "model.safetensors", CheckpointPresets.file, AdapterFolder.configFile,
    AdapterFolder.weightFile,
  ])

  /// Removes the files of a saved model, and the folder if it holds nothing else.
  private static func removeModel(_ folder: String) throws(FileError) {
    guard Files.isFolder(folder) else { return }
    let entries = try Files.entries(folder)
    let own = entries.filter { entry in model.contains { Files.isName(entry, of: $0) } }
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

extension OutputFolder.Use {
  /// The flag that asks for it, for messages.
  fileprivate var flag: String { self == .resume ? "--resume" : "--overwrite" }
}

/// The files of a saved state that belong into the output folder.
extension OutputFolder {
  private static let saved = "saved/"

  /// Links the saved model and the predictions into a state's folder, so that the state has them as they are now.
  ///
  /// - Returns: the digests that are known already, by path in `folder`.
  /// - Throws: `FileError`.
  func link(into folder: String, _ state: RunState) throws(FileError) -> [String: String] {
    var digests: [String: String] = [:]
    // What the user has put beside the model is not the run's.
    let own = state.hasSaved ? try Files.entries(path + "/model").filter(OutputFolder.model.contains) : []
    let model = own.map { "model/" + $0 }
    let outputs = state.record.outputs.map(\.name).filter { !model.contains($0) && !$0.hasPrefix("model/") }
    for name in model + outputs {
      let target = folder + "/" + OutputFolder.saved + name
      try Files.makeFolders(Files.parent(of: target) ?? folder)
      try Files.link(path + "/" + name, to: target)
      digests[OutputFolder.saved + name] = state.record.outputs.first { $0.name == name }?.sha256
    }
    for part in ["saved", "saved/model"] where Files.exists(folder + "/" + part) {
      Files.flushFolder(folder + "/" + part)
    }
    return digests
  }

  /// Puts the saved model and the predictions of a state back, in place of those of later steps.
  ///
  /// - Throws: `FileError`.
  func restore(from folder: String, _ state: RunState) throws(FileError) {
    let saved = folder + "/" + OutputFolder.saved
    let names = Files.exists(saved) ? try StateFolder.files(in: saved) : []
    try clear { name in
      // A capture is written once, after its step.
      name == RunRecorder.logFile || SecondMomentCapture.step(name).map { $0 <= state.step } ?? false
    }
    for name in names {
      let target = path + "/" + name
      if !name.contains("/") { try FolderClaim.add(name, in: path) }
      try Files.makeFolders(Files.parent(of: target) ?? path)
      try Files.link(saved + name, to: target)
    }
  }
}
