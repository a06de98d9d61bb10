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

  /// - Throws: ``FileError`` when the file cannot be created.
  package init(path: String) throws(FileError) { file = try AppendedFile(path) }

  /// Whether the file was removed during the run, so that the lines of earlier steps are lost.
  package var lostLines: Bool { file.wasReplaced }

  /// - Throws: ``FileError/appendFailed(path:reason:)``; the log then ends with the step before.
  package func append(_ record: StepRecord) throws(FileError) {
    try file.append(record.json.serialized(compact: true) + [UInt8(ascii: "\n")])
  }
}
