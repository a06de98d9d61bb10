import Foundation
import Support

/// The curves, scores and settings of a run, in a file that tensorboard reads: `tensorboard --logdir RUN`.
///
/// Every entry is handed to the system at once, in one write. So a run that is killed leaves whole entries, and perhaps a
/// part of the last one, which tensorboard leaves out.
package final class EventFile {
  /// The folder of event files in the folder of a run.
  package static let folder = "tensorboard"
  private static let prefix = "events.out.tfevents."
  private let file: AppendedFile

  /// Creates a new file, and enters the settings.
  ///
  /// - Parameters:
  ///   - run: the run's folder.
  ///   - record: the run's record with its settings.
  ///   - step: the last step of a run that is resumed; what earlier files hold of later steps then counts no more.
  /// - Throws: ``FileError`` when the file cannot be created or written.
  package init(run: String, _ record: RunRecord, after step: Int? = nil) throws(FileError) {
    let (folder, time) = (run + "/" + EventFile.folder, EventFile.now)
    try Files.makeFolders(folder)
    // Tensorboard reads files in the order of their names. So the time comes first, and is later than that of every
    // earlier file, even where the clock was set back.
    let earlier = try Files.entries(folder).compactMap(EventFile.second(ofFile:)).max()
    let second = max(Int(time), (earlier ?? 0) + 1)
    file = try AppendedFile(folder + "/\(EventFile.prefix)\(second).\(EventFile.host).\(getpid())")
    try file.append(Event(time: time, content: .version("brain.Event:2")).record)
    // Tensorboard takes the first such entry for the run's beginning, so that every file needs one.
    try file.append(Event(time: time, step: (step ?? 0) + 1, content: .start).record)
    try append(at: 0, [HyperParameters.started(record, time: time)])
  }

  /// Enters an optimizer step.
  ///
  /// - Throws: ``FileError/appendFailed(path:reason:)``; the file then ends with the entry before.
  package func append(_ step: StepRecord) throws(FileError) {
    var values: [Event.Value] = [
      .scalar(tag: "train/loss", Float(step.loss)), .scalar(tag: "train/learning_rate", Float(step.learningRate)),
      .scalar(tag: "train/gradient_norm", Float(step.gradientNorm)),
    ]
    if step.seconds > 0 {
      values.append(.scalar(tag: "train/tokens_per_second", Float(Double(step.tokens) / step.seconds)))
    }
    try append(at: step.step, values)
  }

  /// Enters the scores of an evaluation.
  ///
  /// - Throws: ``FileError/appendFailed(path:reason:)``.
  package func append(_ evaluation: EvaluationRecord) throws(FileError) {
    try append(at: evaluation.step, evaluation.metrics.map { .scalar(tag: "eval/\($0.name)", Float($0.value)) })
  }

  /// Enters how the run ended.
  ///
  /// - Throws: ``FileError/appendFailed(path:reason:)``.
  package func finish(_ status: RunStatus) throws(FileError) {
    try append(at: 0, [HyperParameters.ended(status, time: EventFile.now)])
  }

  /// Whether a run has event files in its folder.
  package static func areThere(inRun run: String) -> Bool {
    (try? Files.entries(run + "/" + folder))?.contains { $0.hasPrefix(prefix) } ?? false
  }

  /// Removes the event files of an earlier run from its folder, and their folder if it then is empty.
  ///
  /// - Throws: ``FileError/cannotRemove(path:reason:)``.
  package static func removeAll(ofRun run: String) throws(FileError) {
    let folder = run + "/" + EventFile.folder
    guard Files.isFolder(folder) else { return }
    let entries = try Files.entries(folder)
    let own = entries.filter { $0.hasPrefix(prefix) }
    for name in own { try Files.remove(folder + "/" + name) }
    if own.count == entries.count { try Files.remove(folder) }
  }

  private func append(at step: Int, _ values: [Event.Value]) throws(FileError) {
    try file.append(Event(time: EventFile.now, step: step, content: .values(values)).record)
  }

  /// The time in the name of an event file; `nil` for any other file.
  private static func second(ofFile name: String) -> Int? {
    guard name.hasPrefix(prefix) else { return nil }
    return Int(name.dropFirst(prefix.count).prefix { $0.isASCII && $0.isNumber }.prefix(12))
  }

  private static var now: Double { Date().timeIntervalSince1970 }

  /// The machine's name with nothing that a file's name cannot hold.
  private static var host: String {
    let name = ProcessInfo.processInfo.hostName.prefix(64)
    return String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) ? $0 : "-" })
  }
}
