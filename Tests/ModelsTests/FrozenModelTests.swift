import Checkpoints
import Models
import Optimizers
import Support
import Tensors
import TestSupport
import Testing

/// Models of every family and head of which only some parameters are trained.
@Suite(.serialized) struct FrozenModelTests {
  /// Ways to choose the parameters that are trained.
  enum Choice: String, CaseIterable, CustomTestStringConvertible {
    case headOnly
    case biasesOnly
    case noEmbeddings
    case valuesOnly
    case none

    var testDescription: String { rawValue }

    func contains(_ shape: ParameterShape) -> Bool {
      switch self {
      case .headOnly: shape.isOfHead
      case .biasesOnly: shape.role == .bias
      case .noEmbeddings: shape.role != .embedding
      case .valuesOnly: ["value", "v_proj", "c_attn"].contains { shape.name.contains($0 + ".weight") }
      case .none: false
      }
    }
  }

  private func load(_ fixture: HeadFixture, _ choice: Choice?) throws -> any Model {
    let (model, report) = try ModelRegistry.load(
      CheckpointFolder(path: fixture.name.folder), head: fixture.kind, dropout: 0.1, seed: 1,
      isTrainable: { choice?.contains($0) ?? true })
    for parameter in model.parameters {
      #expect(parameter.value.shape == parameter.shape)
      #expect(parameter.isTrainable == choice?.contains(parameter.layout) ?? true)
      // Of a float32 file all that is frozen stays in it; what the file lacks has memory of its own.
      #expect(
        parameter.value.storage.isReadOnly == (!parameter.isTrainable && !report.created.contains(parameter.name)),
        "\(parameter.name)")
    }
    return model
  }

  private func loss(_ model: any Model, _ fixture: HeadFixture, on tape: Tape) -> Variable {
    let (batch, targets) = (fixture.batch(fixture.all), fixture.targets(fixture.all))
    return model.loss(targets, of: batch, mass: .plain, weight: Double(targets.count(in: batch)), on: tape)
  }

  /// Frozen parameters have no gradient; the others' is what it is without freezing, bit for bit, and so is the loss.
  @Test(arguments: try HeadCase.all(), Choice.allCases) func gradients(_ name: HeadCase, _ choice: Choice) throws {
    ThreadPool.shared.configure(threads: 2)
    let fixture = try HeadFixture(name)
    let (whole, part) = (try load(fixture, nil), try load(fixture, choice))
    let losses = [whole, part].map { model in
      let tape = Tape(isTraining: true, random: RandomGenerator(seed: 5))
      let loss = loss(model, fixture, on: tape)
      var announced: [String] = []
      tape.backward(loss) { announced.append($0.name) }
      #expect(announced.sorted() == model.parameters.filter(\.isTrainable).map(\.name).sorted())
      return loss.value.values
    }
    #expect(losses[0] == losses[1])
    for (whole, part) in zip(whole.parameters, part.parameters) {
      let expected = part.isTrainable ? try #require(whole.gradient).values : nil
      #expect(part.gradient?.values == expected, "\(part.name)")
    }
  }

  /// Steps with decay change what is trained, and nothing else.
  @Test(arguments: try HeadCase.all().filter { $0.head != "language_model" || $0.family != "gpt2" }, ["adamw", "fira"])
  func headOnlySteps(_ name: HeadCase, optimizer: String) throws {
    ThreadPool.shared.configure(threads: 2)
    let fixture = try HeadFixture(name)
    let model = try load(fixture, .headOnly)
    let before = model.parameters.map(\.value.values)
    let steps = try Optimizer(optimizer, parameters: model.parameters, weightDecay: 0.1)
    for step in 1...3 {
      let tape = Tape(isTraining: true, random: RandomGenerator(seed: UInt64(step)))
      tape.backward(loss(model, fixture, on: tape))
      try steps.takeStep(learningRate: 1e-3)
      for parameter in model.parameters { parameter.clearGradient() }
    }
    for (parameter, before) in zip(model.parameters, before) {
      #expect((parameter.value.values == before) == !parameter.layout.isOfHead, "\(parameter.name)")
    }
    let trained = model.parameters.filter(\.layout.isOfHead)
    #expect(steps.parameters.map(\.name) == trained.map(\.name))
    #expect(steps.stateBytes == 8 * trained.reduce(0) { $0 + $1.count })
  }

  /// What belongs to a head, by the names that transformers gives it.
  @Test(arguments: [
    ("bert", HeadKind.classification(labels: 3), ["bert.pooler.dense", "classifier"]),
    ("roberta", .classification(labels: 3), ["classifier.dense", "classifier.out_proj"]),
    ("bert", .spanExtraction, ["qa_outputs"]), ("albert", .regression, ["albert.pooler", "classifier"]),
    ("gpt2", .classification(labels: 3), ["score"]), ("llama", .languageModel, ["lm_head"]),
    ("gpt2", .languageModel, []),
    ("bert", .maskedLanguageModel, ["cls.predictions"]), ("roberta", .maskedLanguageModel, ["lm_head"]),
    ("albert", .maskedLanguageModel, ["predictions"]),
  ]) func heads(_ family: String, _ head: HeadKind, _ layers: [String]) throws {
    let config = try HuggingFaceConfig(path: SharedData.fixture("families/\(family)") + "/config.json")
    for shape in try ModelRegistry.parameterShapes(config, head: head) {
      #expect(shape.isOfHead == layers.contains { shape.name.hasPrefix($0 + ".") }, "\(shape.name)")
    }
  }
}
