import Checkpoints
import Memory
import Models
import Optimizers
import Support
import Tensors
import TestSupport
import Testing

/// What a dry run says, against what the same step takes when it computes.
@Suite struct PassMemoryTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let family: String
    let head: HeadKind
    let dropout: Double
    let trained: Trained
    var testDescription: String { "\(family) \(head) dropout \(dropout) \(trained)" }
  }

  /// Which parameters are trained.
  enum Trained {
    case all
    case head
    case biases
    case allButEmbeddings
    case lora
    case dora
    case factors
    case prefix
    case prompt
    case series
    case parallel

    static let adapters: [Trained] = [.lora, .dora, .factors, .prefix, .prompt, .series, .parallel]

    /// Beside every linear layer, with dropout of their own.
    var adapter: (any Adapter)? {
      let all = AdapterTargets([AdapterTargets.all])
      switch self {
      case .all, .head, .biases, .allButEmbeddings: return nil
      case .lora, .dora:
        var lora = LoRA()
        (lora.dropout, lora.chosen, lora.isDecomposed) = (0.1, all, self == .dora)
        return lora
      case .factors:
        var factors = IA3()
        factors.chosen = all
        return factors
      case .prefix:
        var prefix = PrefixTuning()
        prefix.length = 3
        return prefix
      case .prompt:
        var prompt = PromptTuning()
        prompt.length = 3
        return prompt
      case .series, .parallel:
        var bottleneck = Bottleneck(isParallel: self == .parallel)
        (bottleneck.dropout, bottleneck.chosen, bottleneck.width) = (0.1, all, 5)
        return bottleneck
      }
    }

    func contains(_ shape: ParameterShape) -> Bool {
      switch self {
      case .all: true
      case .head: shape.isOfHead
      case .biases: shape.role == .bias
      case .allButEmbeddings: shape.role != .embedding
      default: shape.isAdapter || shape.isOfTaskHead
      }
    }
  }

  static let cases: [Case] = ["bert", "roberta", "albert", "gpt2", "gpt2-untied", "llama", "llama-tied"].flatMap {
    family -> [Case] in
    let isEncoder = ["bert", "roberta", "albert"].contains(family)
    let heads: [HeadKind] = [.classification(labels: 3), .regression, .spanExtraction]
    return (heads + [isEncoder ? .multipleChoice : .languageModel]).flatMap { head in
      let cases = [(0, .all), (0.1, .all), (0.1, .head), (0, .biases), (0.1, .allButEmbeddings)] as [(Double, Trained)]
      return (cases + Trained.adapters.map { (0.1, $0) }).map {
        Case(family: family, head: head, dropout: $0, trained: $1)
      }
    }
  }

  private func targets(_ head: HeadKind, _ batch: PackedBatch) -> HeadTargets {
    let count = batch.sequenceCount
    switch head {
    case .classification: return .classes((0..<count).map { $0 % 3 })
    case .regression: return .values((0..<count).map { Float($0) })
    case .spanExtraction:
      return .spans(first: Array(repeating: 1, count: count), last: Array(repeating: 2, count: count))
    case .multipleChoice: return .choices(offsets: [0, count], correct: [1])
    case .languageModel: return .nextTokens
    case .maskedLanguageModel: return .maskedTokens(Array(repeating: 0, count: batch.tokenCount))
    }
  }

  @Test(arguments: cases) func isWhatAStepTakes(_ test: Case) throws {
    let config = try HuggingFaceConfig(path: SharedData.fixture("families/\(test.family)") + "/config.json")
    let shape = try ModelShape(
      config, head: test.head, name: test.family, isTrainable: { test.trained.contains($0) },
      adapter: test.trained.adapter)
    let batch = PackedBatch(lengths: [20, 3, 17, 11].map { min($0, shape.maximumLength) })
    let plan = try PassMemory(shape, dropout: test.dropout, training: [batch], evaluation: [batch])
    let whole = try PassMemory(
      ModelShape(config, head: test.head, name: test.family), dropout: test.dropout, training: [batch])
    let (live, training, evaluation) = try MemoryTally.count { tally in
      let model = try ModelRegistry.fresh(
        config, head: test.head, dropout: test.dropout, seed: 1, isTrainable: { test.trained.contains($0) },
        adapter: test.trained.adapter)
      func train() {
        let tape = Tape(isTraining: true)
        tape.backward(model.loss(targets(test.head, batch), of: batch, mass: .plain, weight: 4, on: tape))
        for parameter in model.parameters { parameter.clearGradient() }
      }
      train()
      let live = tally.live
      tally.restart()
      train()
      let training = tally.peak - live
      tally.restart()
      let tape = Tape(isTraining: false)
      if test.head == .languageModel {
        _ = model.loss(.nextTokens, of: batch, mass: .plain, weight: 4, on: tape)
      } else {
        _ = model.logits(batch, on: tape)
      }
      return (live, training, tally.peak - live)
    }
    // Threads of a pool that another test may hold take scratch of their own: up to three square matrices each.
    let scratch = 3 * ThreadPool.shared.threads * BufferPool.sizeClass(4 * 20 * 20)
    // What the threads keep for products is not a tensor.
    let working = ThreadPool.shared.threads * Precision.float32.workingBytes
    #expect(live > 0 && training > 0)
    if test.trained.adapter == nil { #expect(plan.activationsBytes <= whole.activationsBytes) }
    // Embeddings need no activations for their gradient.
    if test.trained == .head || test.trained == .biases { #expect(plan.activationsBytes < whole.activationsBytes) }
    #expect(
      (plan.activationsBytes - scratch...plan.activationsBytes).contains(training + working), "\(training) \(plan)")
    #expect(
      (plan.evaluationBytes - scratch...plan.evaluationBytes).contains(evaluation + working), "\(evaluation) \(plan)")
  }

  /// Neither 27 GB of weights nor a batch of 64 times that is ever asked for.
  @Test func aModelLargerThanTheMachine() throws {
    let before = FreeMemory.resident
    let shape = try ModelShape("llama-7b")
    let short = try PassMemory(shape, training: [PackedBatch(lengths: Array(repeating: 256, count: 64))])
    let long = try PassMemory(shape, training: [PackedBatch(lengths: Array(repeating: 512, count: 64))])
    // Twice the tokens take twice the memory, because no score matrix is kept.
    #expect(abs(Double(long.activationsBytes) / Double(short.activationsBytes) - 2) < 0.02)
    #expect(short.activationsBytes > 100 << 30)
    #expect(FreeMemory.resident - before < 4 << 30)
  }

  /// Only the pages of rows that are looked up are counted of a table's gradient and moments.
  @Test func touchedRows() throws {
    let shape = try ModelShape("bert-base")
    let touching = PackedBatch([(0..<1_000).map { Int32($0) * 30 }.prefix(500).map { $0 }])
    let pass = try PassMemory(shape, training: [touching], touching: touching)
    let words = try #require(shape.parameters.first).name
    #expect(pass.touchedRows[words] == (0..<500).map { $0 * 30 }.filter { $0 != 0 })
    let plan = try StepPlan(shape, optimizer: "adamw", pass: pass)
    // Rows of 3,072 bytes, far apart, lie on one page or two.
    let table = 4 * 30_522 * 768
    let saved = plan.memory.gradientsBytes - plan.residentGradientsBytes
    #expect(saved > table - 2 * 4_096 * 500 && saved < table + 4 * 514 * 768)
    #expect(plan.residentStateBytes == 2 * plan.residentGradientsBytes)
    #expect(plan.residentBytes < plan.totalBytes && plan.reservedBytes == BufferPool.bound(peak: plan.totalBytes))
    let whole = try StepPlan(shape, optimizer: "adamw", pass: PassMemory(shape, training: [touching]))
    #expect(whole.residentBytes == BufferPool.bound(peak: whole.totalBytes))
  }
}
