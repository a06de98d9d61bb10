import Support

/// One optimizer step, a line of `train_log.jsonl`.
package struct StepRecord: Sendable {
  package var step: Int
  package var epoch: Double
  /// Mean loss over the step's gradient-accumulation window, before the update.
  package var loss: Double
  /// The learning rate used in this step.
  package var learningRate: Double
  /// Global L2 norm of the gradients before clipping.
  package var gradientNorm: Double
  /// Tokens in the window, special tokens included. Batches have no padding.
  package var tokens: Int
  /// Duration of the whole step, optimizer update included.
  package var seconds: Double

  package init(
    step: Int, epoch: Double, loss: Double, learningRate: Double, gradientNorm: Double, tokens: Int, seconds: Double
  ) {
    (self.step, self.epoch, self.loss, self.learningRate) = (step, epoch, loss, learningRate)
    (self.gradientNorm, self.tokens, self.seconds) = (gradientNorm, tokens, seconds)
  }

  var json: JSON {
    .object(
      JSONObject([
        "step": .integer(step), "epoch": .real(epoch), "loss": .real(loss), "learning_rate": .real(learningRate),
        "gradient_norm": .real(gradientNorm), "tokens": .integer(tokens),
        "seconds": .real((seconds * 1e6).rounded() / 1e6),
      ]))
  }
}

/// Writes `train_log.jsonl`, one line for each step. A crash loses at most the line being written.
package final class TrainLog {
  private let file: AppendedFile
  private var digest = Digest.Running()

  /// - Throws: ``FileError`` when the file cannot be created.
  package init(path: String) throws(FileError) { file = try AppendedFile(path) }

  /// Goes on with the log of an earlier process, of which only the first lines count.
  ///
  /// - Throws: ``FileError`` when the file lacks these lines or cannot be written.
  package init(path: String, keeping mark: Mark) throws(FileError) {
    let kept = try TrainLog.read(path, upTo: mark)
    file = try AppendedFile(path, keeping: mark.length)
    digest.update(kept)
  }

  /// A place in the log, after a step's line.
  package struct Mark: Sendable, Equatable {
    /// Bytes up to the place.
    package var length: Int
    /// The digest of these bytes.
    package var sha256: String

    package init(length: Int, sha256: String) { (self.length, self.sha256) = (length, sha256) }
  }

  /// The place after the last line.
  package var mark: Mark { Mark(length: file.length, sha256: digest.sha256) }

  /// The lines up to a place.
  ///
  /// - Throws: ``FileError/unreadable(path:reason:)`` when the file is shorter or has other lines.
  @discardableResult
  package static func read(_ path: String, upTo mark: Mark) throws(FileError) -> [UInt8] {
    let file = try OpenFile(path)
    guard file.size >= mark.length, mark.length >= 0 else {
      throw .unreadable(path: path, reason: "it has \(file.size) bytes, expected at least \(mark.length)")
    }
    let bytes = try file.read(mark.length)
    var digest = Digest.Running()
    digest.update(bytes)
    guard digest.sha256 == mark.sha256 else {
      throw .unreadable(path: path, reason: "its first \(mark.length) bytes are not those that the run wrote")
    }
    return bytes
  }

  /// Flushes the lines to the disk, so that a power cut does not take lines that a saved state counts on.
  ///
  /// - Throws: ``FileError/appendFailed(path:reason:)``.
  package func flush() throws(FileError) { try file.flush() }

  /// Whether the file was removed during the run, so that the lines of earlier steps are lost.
  package var lostLines: Bool { file.wasReplaced }

  /// - Throws: ``FileError/appendFailed(path:reason:)``; the log then ends with the step before.
  package func append(_ record: StepRecord) throws(FileError) {
    let line = record.json.serialized(compact: true) + [UInt8(ascii: "\n")]
    try file.append(line)
    // The first line of the file, which may be a new one in place of a file that was removed.
    if file.length == line.count { digest = Digest.Running() }
    digest.update(line)
  }
}
