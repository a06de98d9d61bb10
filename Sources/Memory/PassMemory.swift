import Checkpoints
import Models
import Support
import Tensors

/// The memory that training and evaluation passes take besides the parameters, found by a dry run of the model's own
/// code.
package struct PassMemory: Sendable {
  /// The most that a training batch takes for activations, in bytes, while every gradient is held. Where gradients are
  /// given back in the backward pass, those that are held together are a part of it.
  package let activationsBytes: Int
  /// The most that an evaluation batch takes, in bytes, with the keys and values that generating texts keeps.
  package let evaluationBytes: Int
  /// The rows that training looks up in each embedding with a row-sparse gradient: ascending, by parameter name. Empty
  /// when no `touching` batch was given.
  package let touchedRows: [String: [Int]]
  /// The names of the gradients that are held from the backward pass to the optimizer step and are no part of
  /// ``activationsBytes``; `nil` for all.
  package let heldGradients: Set<String>?

  /// - Parameters:
  ///   - dropout: replaces every dropout rate of the config; `nil` keeps those.
  ///   - training: the training batches that may take the most memory.
  ///   - evaluation: the evaluation batches that may take the most memory.
  ///   - cachedTokens: the tokens whose keys and values an evaluation would keep if memory were no matter.
  ///   - saving: the bytes that saving the model takes.
  ///   - precision: what the products are computed in.
  ///   - recomputation: what the backward pass computes again.
  ///   - updatesInBackward: whether a gradient is given back as soon as it is final. The gradients held together are then
  ///     counted in ``activationsBytes``, but for row-sparse ones.
  ///   - touching: a batch that looks up every row that training will look up; `nil` when training may look up all
  ///     rows.
  /// - Throws: `CheckpointError` for a config that is not supported.
  package init(
    _ model: ModelShape, dropout: Double? = nil, training: [PackedBatch], evaluation: [PackedBatch] = [],
    cachedTokens: Int = 0, saving: Int = 0, precision: Precision = .float32, recomputation: Recomputation = .none,
    updatesInBackward: Bool = false, touching: PackedBatch? = nil
  ) throws {
    (activationsBytes, evaluationBytes, touchedRows, heldGradients) = try MemoryTally.dryRun { tally in
      let network = try ModelRegistry.makeForDryRun(
        model.config, head: model.head, dropout: dropout, adapter: model.adapter)
      (network.precision, network.recomputation) = (precision, recomputation)
      for (parameter, shape) in zip(network.parameters, model.parameters) {
        parameter.isTrainable = shape.isTrainable
        if shape.type == .bfloat16 { parameter.storeInBFloat16() }
      }
      func train(_ batch: PackedBatch) {
        let tape = Tape(isTraining: true, precision: precision)
        tape.backward(network.loss(model.head.anyTargets(batch), of: batch, mass: .plain, weight: 1, on: tape)) {
          guard updatesInBackward else { return }
          // The optimizer changes a copy in float32.
          if $0.layout.type == .bfloat16 { _ = Tensor(uninitialized: $0.shape) }
          if $0.touchedRows == nil { $0.releaseGradient() }
        }
      }
      func evaluate(_ batch: PackedBatch) {
        let tape = Tape(isTraining: false, precision: precision)
        if model.head == .languageModel {
          _ = network.loss(model.head.anyTargets(batch), of: batch, mass: .plain, weight: 1, on: tape)
        } else {
          _ = network.logits(batch, on: tape)
        }
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
      // The gradient buffers are made by this first pass and stay, so the peaks below do not count them.
      var rows: [String: [Int]] = [:]
      var held: Set<String> = []
      for batch in touching.map({ [$0] }) ?? training.prefix(1) {
        train(batch)
        for parameter in network.parameters {
          guard let touched = parameter.touchedRows else { continue }
          held.insert(parameter.name)
          if touching != nil { rows[parameter.name] = touched.ascending }
        }
        for parameter in network.parameters { parameter.clearGradient() }
      }
      let cached = TextGeneration.cachedBytes(network, tokens: cachedTokens)
      let working = ThreadPool.shared.threads * precision.workingBytes
      // The optimizer changes copies in float32, when nothing of the passes is held any more.
      let copies = model.parameters.filter { $0.type == .bfloat16 && $0.isTrainable }
        .map { BufferPool.sizeClass(ElementType.float32.size * $0.count) }.sorted(by: >)
      let update = copies.prefix(ThreadPool.shared.threads).reduce(0, +)
      return (
        max(peak(training, train), update) + working, max(peak(evaluation, evaluate) + cached + working, saving), rows,
        updatesInBackward ? held : nil
      )
    }
  }
}

extension PackedBatch {
  /// One sequence for each length. All tokens are 0, because memory depends on lengths only.
  package init(lengths: [Int]) { self.init(lengths.map { Array(repeating: 0, count: $0) }) }

  /// Sequences of these lengths, of which a language model predicts the last tokens only: those counted in `predicted`.
  package init(lengths: [Int], predicted: [Int]) {
    self.init()
    for (length, count) in zip(lengths, predicted) {
      append(Array(repeating: 0, count: length), predicting: max(1, length - count)..<length)
    }
  }
}

extension HeadKind {
  /// Placeholder targets in the form that this head is trained on.
  fileprivate func anyTargets(_ batch: PackedBatch) -> HeadTargets {
    let count = batch.sequenceCount
    switch self {
    case .classification: return .classes(Array(repeating: 0, count: count))
    case .regression: return .values(Array(repeating: 0, count: count))
    case .spanExtraction:
      return .spans(first: Array(repeating: 0, count: count), last: Array(repeating: 0, count: count))
    case .multipleChoice: return .choices(offsets: [0, count], correct: [0])
    case .languageModel:
      return batch.predictingTokens.map { .followingTokens($0.map { _ in 0 }) } ?? .nextTokens
    case .maskedLanguageModel: return .maskedTokens(Array(repeating: 0, count: batch.tokenCount))
    }
  }
}
