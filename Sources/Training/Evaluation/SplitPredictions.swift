import Foundation
import Results
import Support
import Tasks

/// The predictions of a saved model for a split or for a file of the user's own, whose answers need not be known.
package struct SplitPredictions {
  private let loaded: LoadedModel
  private let task: BenchmarkTask
  private let predictions: [[Prediction]]

  package var notes: [String] { loaded.notes }
  /// The names of the leaderboard's files that the task has.
  package var submissions: [String] { task.splits.compactMap(\.submission) }

  /// Loads a model and predicts the answers of every example.
  ///
  /// - Parameter folder: where the predictions will be written. A name that is taken there is refused before any work.
  /// - Throws: as ``SavedModelScore/measure(_:observer:)``; ``FileError``.
  package static func make(_ settings: RunSettings, to folder: String, observer: any RunObserver) throws
    -> SplitPredictions
  {
    let loaded = try LoadedModel(settings)
    let (task, _) = try TaskData.task(settings, CheckpointGlance(settings))
    let nothing = loaded.prepared.dev.map { _ in [Prediction]() }
    _ = try SplitPredictions(loaded: loaded, task: task, predictions: nothing).files(in: folder)
    let predictions = try loaded.prepared.dev.map { examples in
      try loaded.prepared.taskProtocol.predictions(
        of: examples, by: loaded.model, tokenBudget: settings.tokensPerPass
      ) {
        observer.scoring(examples.data.split.name, done: $0, of: $1)
      }
    }
    return SplitPredictions(loaded: loaded, task: task, predictions: predictions)
  }

  /// Writes `predictions-<task>-<split>.tsv`, and the leaderboard's file where the task has one.
  ///
  /// - Returns: the paths of the files.
  /// - Throws: ``FileError`` for a file that exists or cannot be written. Nothing is written where one exists.
  package func write(to folder: String) throws -> [String] {
    let files = try files(in: folder)
    _ = try Files.makeNewFolder(folder)
    for file in files { try file.write(file.path) }
    return files.map(\.path)
  }

  /// The files to write.
  ///
  /// - Throws: ``FileError`` where one exists.
  private func files(in folder: String) throws(FileError) -> [(path: String, write: (String) throws -> Void)] {
    var files: [(path: String, write: (String) throws -> Void)] = []
    for (examples, predictions) in zip(loaded.prepared.dev, predictions) {
      let data = examples.data
      if let rows = loaded.prepared.taskProtocol.rows(predictions, of: data) {
        files.append(
          (
            "\(folder)/predictions-\(task.name)-\(data.split.name).tsv", { try PredictionsFile.write(to: $0, rows) }
          ))
      }
      guard !loaded.prepared.data.isOwnFile,
        let name = task.splits.first(where: { $0.split == data.split })?.submission,
        let bytes = SubmissionFile.bytes(named: name, of: task, predictions, for: data)
      else { continue }
      files.append((folder + "/" + name, { try Files.writeAtomically($0, bytes) }))
      if let odds = SubmissionFile.noAnswerBytes(predictions, for: data) {
        files.append((folder + "/null_odds.json", { try Files.writeAtomically($0, odds) }))
      }
    }
    for file in files where Files.exists(file.path) {
      throw .cannotCreate(path: file.path, reason: "it exists; choose another --output, or move it away")
    }
    return files
  }
}

/// Gathers the leaderboard's files of several tasks into one archive, as GLUE takes them.
package enum Submission {
  /// Packs all leaderboard's files in a folder.
  ///
  /// - Parameter own: the names of the files of a task that is not among the bundled ones.
  /// - Returns: the names of the files.
  /// - Throws: ``TrainingError`` for an archive that holds other files, or where another process packs too; ``FileError``.
  package static func pack(_ folder: String, into path: String, with own: [String] = []) throws -> [String] {
    guard let lock = try FolderLock.take(folder + "/.finetune-submission", patience: .seconds(30)) else {
      throw FileError.cannotCreate(path: path, reason: "another process is packing the files of \(folder)")
    }
    defer { withExtendedLifetime(lock) {} }
    let bundled = TaskRegistry.names.compactMap { try? TaskRegistry.find($0) }
    let known = Set(bundled.flatMap { $0.splits.compactMap(\.submission) } + own)
    let names = known.filter { Files.exists(folder + "/" + $0) }.sorted()
    guard !names.isEmpty else {
      throw FileError.cannotCreate(
        path: path,
        reason: "\(folder) holds no leaderboard's file; predict a split that has a submission in its task.yaml")
    }
    if Files.exists(path) {
      let lost = try ZipListing.names(path).filter { !names.contains($0) }
      guard lost.isEmpty else {
        throw FileError.cannotCreate(
          path: path,
          reason: "it exists and holds \(lost.joined(separator: ", ")), which \(folder) does not; choose another name")
      }
    }
    try ZipWriter.write(path, members: try names.map { ($0, try Files.read(folder + "/" + $0)) })
    return names
  }
}
