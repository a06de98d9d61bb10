import Checkpoints
import Memory
import Models
import Optimizers
import Support

/// The memory that a run will need. It is planned from the run's own data before the weights are loaded.
package struct RunMemory: Sendable {
  package let plan: StepPlan
  /// Resident bytes before the weights are loaded: the program and the encoded data.
  package let programBytes: Int

  /// Planned peak resident set size.
  package var peakBytes: Int { programBytes + plan.residentBytes }

  /// The planned sizes for the `memory` member of `results.json`, next to the measured ones.
  var json: [(name: String, bytes: Int)] {
    [
      ("planned_optimizer_state_bytes", plan.memory.largestOptimizerStateBytes),
      ("planned_activations_bytes", plan.pass.activationsBytes), ("planned_program_bytes", programBytes),
      ("planned_peak_bytes", peakBytes),
    ]
  }
}

/// Plans the memory of a run, and refuses a run that does not fit.
struct MemoryCheck {
  let settings: RunSettings
  let shape: ModelShape
  let examples: any EncodedExamples
  let order: WindowOrder
  let totalSteps: Int
  /// The passes over the dev splits that may need the most memory, for the most tokens in a pass.
  let evaluation: (_ tokenBudget: Int) -> [PackedBatch]
  /// The tokens whose keys and values an evaluation keeps while it generates texts.
  let cachedTokens: Int

  /// - Throws: ``TrainingError/doesNotFit(_:)`` with remedies, if the run does not fit and `force` is not set.
  func plan() throws -> RunMemory {
    let largest = LargestBatches(
      examples, order: order, totalSteps: totalSteps, parts: settings.parts(of: examples))
    let training = largest.batches.map(examples.batch)
    let evaluation = evaluation(settings.tokensPerPass)
    let shapes = try settings.trainedAtATime(shape)
    let saving = settings.save == .none || settings.method != .relora ? 0 : shape.mergedBytes
    func step(
      _ training: [PackedBatch], _ evaluation: [PackedBatch], _ optimizer: String,
      _ options: [(key: String, value: String)]
    ) throws -> StepPlan {
      let plans = try shapes.map { shape in
        try StepPlan(
          shape, optimizer: optimizer, options: options,
          pass: PassMemory(
            shape, dropout: settings.dropout, training: training, evaluation: evaluation,
            cachedTokens: cachedTokens, saving: saving, precision: settings.precision,
            recomputation: settings.recompute,
            updatesInBackward: settings.updateInBackward, touching: largest.touching))
      }
      return plans.max { $0.residentBytes < $1.residentBytes } ?? plans[0]
    }
    let plan = try step(training, evaluation, settings.optimizer, settings.optimizerOptions)
    let memory = try RunMemory(plan: plan, programBytes: ProgramMemory.residentBytes())
    let free = FreeMemory.now()
    guard !settings.force, !free.holds(plan) else { return memory }

    var remedies: [String] = []
    func offer(_ remedy: String, _ plan: StepPlan) -> Bool {
      guard free.holds(plan) else { return false }
      remedies.append("\(remedy) (\(Mebibytes.needed(plan.residentBytes)))")
      return true
    }
    let longest = examples.lengths.max() ?? 1
    // Gradients that are updated in the backward pass cannot be summed over parts.
    let budgets =
      settings.updateInBackward ? [] : MemoryCheck.halves(of: training.map(\.tokenCount).max() ?? 1, from: longest)
    for tokens in budgets {
      let parts = WindowParts(examples, batchSize: settings.batchSize, tokens: tokens)
      let smaller = LargestBatches(examples, order: order, totalSteps: totalSteps, parts: parts)
      let plan = try step(
        smaller.batches.map(examples.batch), self.evaluation(tokens), settings.optimizer, settings.optimizerOptions)
      if offer("--tokens-per-batch \(tokens)", plan) { break }
    }
    let window = settings.batchSize * settings.accumulate
    // Beside a budget of tokens, the batch size alone decides nothing.
    let dividesBatch = settings.tokensPerBatch == nil && !settings.updateInBackward
    for size in dividesBatch ? MemoryCheck.halves(of: settings.batchSize, from: 1) : [] {
      // The longest sequences of the largest batches: no batch of this size needs more.
      let parts = training.map { batch in
        PackedBatch(lengths: Array(batch.lengths.sorted(by: >).prefix(size)), like: batch)
      }
      let smaller = try step(parts, evaluation, settings.optimizer, settings.optimizerOptions)
      if offer("--batch-size \(size) --accumulate \((window + size - 1) / size)", smaller) { break }
    }
    let others = try OptimizerRegistry.specifications.filter { $0.name != settings.optimizer }.map {
      (name: $0.name, plan: try StepPlan(shape, optimizer: $0.name, pass: plan.pass))
    }.filter { $0.plan.memory.largestOptimizerState[.secondMoment] != nil }
    if let least = others.min(by: { $0.plan.residentBytes < $1.plan.residentBytes }) {
      _ = offer("--optimizer \(least.name)", least.plan)
    }
    for length in MemoryCheck.halves(of: training.map(\.longest).max() ?? 1, from: 8) {
      func cut(_ batch: PackedBatch) -> PackedBatch {
        PackedBatch(lengths: batch.lengths.map { min($0, length) }, like: batch)
      }
      let shorter = try step(
        training.map(cut), evaluation.map(cut), settings.optimizer, settings.optimizerOptions)
      if offer("--max-length \(length)", shorter) { break }
    }
    throw TrainingError.doesNotFit(message(plan, free, remedies))
  }

  private func message(_ plan: StepPlan, _ free: FreeMemory, _ remedies: [String]) -> String {
    let parts = [
      ("parameters", plan.memory.parametersBytes), ("gradients", plan.residentGradientsBytes),
      ("\(settings.optimizer)'s state", plan.residentStateBytes), ("activations", plan.pass.activationsBytes),
    ].map { "\($0.0) \(Mebibytes.needed($0.1))" }
    let isAddresses = plan.residentBytes <= free.bytes
    let need =
      isAddresses
      ? "\(Mebibytes.needed(plan.reservedBytes)) of address space, the limit (\(free.addresses?.limit ?? "")) leaves "
        + Mebibytes.available(free.addresses?.bytes ?? 0)
      : "\(Mebibytes.needed(plan.residentBytes)) (\(parts.joined(separator: ", "))), free are "
        + "\(Mebibytes.available(free.bytes)) (\(free.limitedBy))"
    let remedy =
      remedies.isEmpty
      ? "no smaller batch, other optimizer or shorter length alone is enough: try --recompute layer with "
        + "--update-in-backward and --weights bf16, or take a smaller model"
      : "what fits: \(remedies.joined(separator: ", or "))"
    return "memory: training needs \(need); \(remedy); --force runs it all the same"
  }

  private static func halves(of count: Int, from least: Int) -> [Int] {
    Array(sequence(first: count / 2) { $0 / 2 }.prefix { $0 >= max(1, least) })
  }
}

extension RunSettings {
  /// At least one shape, with what is trained at a time; several where it cannot be told which needs the most memory.
  package func trainedAtATime(_ shape: ModelShape) throws(TrainingError) -> [ModelShape] {
    guard let rotation = try CheckedMethodOptions(self).rotation(seed: seed) else { return [shape] }
    return rotation.largest(shape.parameters).map { shape.training($0) }
  }
}

extension ModelShape {
  /// The weights that low-rank adapters are beside, which are copied where a whole checkpoint is saved.
  fileprivate var mergedBytes: Int {
    guard let targets = adapter?.targets else { return 0 }
    let layers = Set(outline.linearLayers.filter(targets.contains).map { $0 + ".weight" })
    return parameters.reduce(0) { $0 + (layers.contains($1.name) ? $1.byteCount : 0) }
  }
}

extension PackedBatch {
  /// Sequences of these lengths, of which as large a share is predicted as of those of `batch`.
  fileprivate init(lengths: [Int], like batch: PackedBatch) {
    guard let predicted = batch.predictingTokens?.count else {
      self.init(lengths: lengths)
      return
    }
    let share = Double(predicted) / Double(max(1, batch.tokenCount))
    self.init(lengths: lengths, predicted: lengths.map { Int((Double($0) * share).rounded(.up)) })
  }
}

extension FreeMemory {
  fileprivate func holds(_ plan: StepPlan) -> Bool {
    plan.residentBytes <= bytes && plan.reservedBytes <= addresses?.bytes ?? Int.max
  }
}
