import Foundation
import Support

/// The folder a run writes to: created, and never one that holds something else.
public struct OutputFolder: Sendable {
  public let path: String

  /// - Throws: ``TrainingError/outputNotEmpty(path:)`` or ``FileError`` when it cannot be created.
  public init(_ path: String, overwrite: Bool) throws {
    self.path = path
    let manager = FileManager.default
    var isFolder: ObjCBool = false
    if manager.fileExists(atPath: path, isDirectory: &isFolder) {
      guard isFolder.boolValue else { throw FileError.cannotCreate(path: path, reason: "a file of that name exists") }
      let entries = (try? manager.contentsOfDirectory(atPath: path)) ?? []
      guard entries.isEmpty || overwrite else { throw TrainingError.outputNotEmpty(path: path) }
      // Only what a run writes is replaced; anything else in the folder is left alone.
      for name in entries where OutputFolder.written.contains(name) || OutputFolder.isCapture(name) {
        try? manager.removeItem(atPath: path + "/" + name)
      }
    }
    do { try manager.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
      throw FileError.cannotCreate(path: path, reason: (error as NSError).localizedDescription)
    }
    guard access(path, W_OK | X_OK) == 0 else { throw FileError.cannotCreate(path: path, reason: Files.reason(errno)) }
  }

  private static let written: Set = [
    "results.json", "train_log.jsonl", "predictions-dev.tsv", "scaling.json", "scaling-matrices.svg",
    "scaling-columns.svg", "rank.json", "rank.svg", "factorization.json", "factorization.svg",
  ]

  private static func isCapture(_ name: String) -> Bool {
    name.hasPrefix("second-moments-") && name.hasSuffix(".safetensors")
  }

  /// `runs/<task>-<optimizer>-<time>`, with a number when two runs start in the same second.
  public static func automatic(task: String, optimizer: String) -> String {
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
