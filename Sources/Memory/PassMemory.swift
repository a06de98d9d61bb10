import Checkpoints
import Models
import Support
import Tensors

/// What passes of a model take beside its parameters, found by a dry run of the model's own code.
package struct PassMemory: Sendable {
  /// The most that the activations of a training batch take while every gradient is held.
  package let activationsBytes: Int
  /// The most that a batch of an evaluation takes.
  package let evaluationBytes: Int
  /// Rows of the tables whose gradient is made only where it is looked up, ascending, by parameter name.
  package let touchedRows: [String: [Int]]

  /// - Parameters:
  ///   - dropout: in place of every dropout of the config.
  ///   - training: batches that may be the largest.
  ///   - evaluation: likewise.
  ///   - touching: a batch that looks up every row that training will; `nil`: all rows are.
  /// - Throws: `CheckpointError` for a config that is not supported.
  package init(
    _ model: ModelShape, dropout: Double? = nil, training: [PackedBatch], evaluation: [PackedBatch] = [],
    touching: PackedBatch? = nil
  ) throws {
    (activationsBytes, evaluationBytes, touchedRows) = try MemoryTally.dryRun { tally in
      let network = try ModelRegistry.makeForDryRun(model.config, head: model.head, dropout: dropout)
      for (parameter, shape) in zip(network.parameters, model.parameters) { parameter.isTrainable = shape.isTrainable }
      func train(_ batch: PackedBatch) {
        let tape = Tape(isTraining: true)
        tape.backward(tape.loss(network.logits(batch, on: tape), model.head.anyTargets(batch), of: batch, count: 1))
      }
      func evaluate(_ batch: PackedBatch) {
        let tape = Tape(isTraining: false)
        let logits = network.logits(batch, on: tape)
        if model.head == .languageModel { _ = tape.loss(logits, .nextTokens, of: batch, count: 1) }
      }
      func peak(_ batches: [PackedBatch], _ pass: (PackedBatch) -> Void) -> Int {
        batches.reduce(0) { most, batch in
          let before = tally.live
          tally.restart()
          pass(batch)
          for parameter in network.parameters { parameter.clearGradient() }
          return max(most, tally.peak - before)
        }
      }
      // The first pass makes the gradients, whose memory stays.
      var rows: [String: [Int]] = [:]
      for batch in touching.map({ [$0] }) ?? training.prefix(1) {
        train(batch)
        for parameter in network.parameters where touching != nil {
          if let touched = parameter.touchedRows { rows[parameter.name] = touched.ascending }
        }
        for parameter in network.parameters { parameter.clearGradient() }
      }
      return (peak(training, train), peak(evaluation, evaluate), rows)
    }
  }
}

extension PackedBatch {
  /// Sequences of one length each, of any tokens: what they are makes no difference to memory.
  package init(lengths: [Int]) { self.init(lengths.map { Array(repeating: 0, count: $0) }) }
}

extension HeadKind {
  /// Targets of the form that the head is trained towards.
  fileprivate func anyTargets(_ batch: PackedBatch) -> HeadTargets {
    let count = batch.sequenceCount
    switch self {
    case .classification: return .classes(Array(repeating: 0, count: count))
    case .regression: return .values(Array(repeating: 0, count: count))
    case .spanExtraction:
      return .spans(first: Array(repeating: 0, count: count), last: Array(repeating: 0, count: count))
    case .multipleChoice: return .choices(offsets: [0, count], correct: [0])
    case .languageModel: return .nextTokens
    case .maskedLanguageModel: return .maskedTokens(Array(repeating: 0, count: batch.tokenCount))
    }
  }
}
