import Foundation
import Support

/// The folder a run writes to: created, and never one that holds something else.
package struct OutputFolder: Sendable {
  package let path: String

  /// - Parameters:
  ///   - overwrite: replaces the run that the folder holds; what else is in the folder is left alone.
  ///   - sources: files and folders the run reads, which must not be part of what is replaced.
  /// - Throws: ``TrainingError`` when the folder holds something else, or ``FileError`` when it cannot be created.
  package init(_ path: String, overwrite: Bool, sources: [String] = []) throws {
    self.path = path
    let manager = FileManager.default
    var isFolder: ObjCBool = false
    if manager.fileExists(atPath: path, isDirectory: &isFolder) {
      guard isFolder.boolValue else { throw FileError.cannotCreate(path: path, reason: "a file of that name exists") }
      let entries = (try? manager.contentsOfDirectory(atPath: path)) ?? []
      guard entries.isEmpty || overwrite else { throw TrainingError.outputNotEmpty(path: path) }
      if !entries.isEmpty { try OutputFolder.removeRun(in: path, entries, sources: sources) }
    }
    do { try manager.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
      throw FileError.cannotCreate(path: path, reason: Files.reason(of: error))
    }
    guard access(path, W_OK | X_OK) == 0 else { throw FileError.cannotCreate(path: path, reason: Files.reason(errno)) }
  }

  /// Removes all that a run wrote, so that nothing of it stands beside the new run's files.
  private static func removeRun(in path: String, _ entries: [String], sources: [String]) throws {
    let results = entries.contains("results.json") ? try? JSON.parse(Files.read(path + "/results.json")) : nil
    // A run that was killed has a log, and no result that could be someone else's.
    let isRun =
      results.map { $0["schema_version"] != nil } ?? !written.subtracting(["model"]).isDisjoint(with: entries)
    guard isRun, !entries.contains("results.json") || results != nil else {
      throw TrainingError.outputHoldsNoRun(path: path)
    }
    let root = URL(fileURLWithPath: path).resolvingSymlinksInPath().path + "/"
    if let source = sources.first(where: {
      (URL(fileURLWithPath: $0).resolvingSymlinksInPath().path + "/").hasPrefix(root)
    }) {
      throw TrainingError.outputHoldsSource(path: path, source: source)
    }
    for name in entries
    where written.contains(name) || isNamed(name, "predictions-", ".tsv")
      || isNamed(name, "second-moments-", ".safetensors")
    {
      try? FileManager.default.removeItem(atPath: path + "/" + name)
    }
  }

  private static let written: Set = [
    "results.json", "train_log.jsonl", "model", "scaling.json", "scaling-matrices.svg", "scaling-columns.svg",
    "rank.json",
    "rank.svg", "factorization.json", "factorization.svg",
  ]

  private static func isNamed(_ name: String, _ start: String, _ end: String) -> Bool {
    name.hasPrefix(start) && name.hasSuffix(end)
  }

  /// `runs/<task>-<optimizer>-<time>`, with a number when two runs start in the same second.
  package static func automatic(task: String, optimizer: String) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyyMMdd-HHmmss"
    let base = "runs/\(task)-\(optimizer)-\(formatter.string(from: Date()))"
    var path = base
    var number = 2
    while FileManager.default.fileExists(atPath: path) {
      path = "\(base)-\(number)"
      number += 1
    }
    return path
  }
}
