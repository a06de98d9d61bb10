import Checkpoints
import Foundation
import Models
import Optimizers
import Support
import Tensors
import TestSupport
import Testing

/// Every family with every head against transformers. With `FINETUNE_PARITY_OUT` the differences seen and the saved
/// models are left there, for Tools/check_families.py.
@Suite(.serialized) struct HeadParityTests {
  @Test(arguments: try HeadCase.all(), [1, 2])
  func logitsAndGradients(_ name: HeadCase, threads: Int) throws {
    ThreadPool.shared.configure(threads: threads)
    let fixture = try HeadFixture(name)
    let model = try fixture.model()
    #expect(model.architecture == fixture.json["class"]?.string)
    #expect(model.parameters.reduce(0) { $0 + $1.count } == fixture.json["parameters"]?.integer)

    let (batch, targets) = (fixture.batch(fixture.all), fixture.targets(fixture.all))
    let tape = Tape(isTraining: true)
    let logits = model.logits(batch, on: tape)
    let ofLogits = largestDifference(logits.value.values, try fixture.reference("logits"))
    #expect(ofLogits < 1e-4)
    let loss = tape.loss(logits, targets, of: batch, count: targets.count(in: batch))
    let expected = try #require(fixture.json["loss"]?.double)
    #expect(abs(Double(loss.value.values[0]) - expected) < 1e-5)

    var announced: [String] = []
    tape.backward(loss) { announced.append($0.name) }
    #expect(announced.sorted() == model.parameters.map(\.name).sorted())
    let norm = try #require(fixture.json["gradient_norm"]?.double)
    var worst = 0.0
    for parameter in model.parameters {
      let gradient = try #require(parameter.gradient).values
      let (difference, own) = distance(gradient, try fixture.reference("grad/" + parameter.name))
      #expect(difference <= 1e-3 * own + 1e-6 * norm, "\(parameter.name): \(difference) of \(own)")
      worst = max(worst, difference / (1e-3 * own + 1e-6 * norm))
    }
    try ParityRecord.add(name, ["logits": ofLogits, "gradients": worst])
  }

  /// Losses along 20 steps, refreshes of Fira's projection included.
  @Test(arguments: try HeadCase.all(), ["adamw", "fira"])
  func trajectories(_ name: HeadCase, optimizer: String) throws {
    ThreadPool.shared.configure(threads: 2)
    let fixture = try HeadFixture(name)
    let reference = try #require(
      fixture.json["trajectories"]?.array?.first { $0["optimizer"]?.string == optimizer })
    let rates = (reference["learning_rates"]?.array ?? []).compactMap(\.double)
    let expected = (reference["losses"]?.array ?? []).compactMap(\.double)
    #expect(rates.count == 20 && expected.count == 20)
    let options = (reference["options"]?.object?.members ?? []).map { member -> (key: String, value: String) in
      if case .number(let text) = member.value { return (member.key.description, text) }
      return (member.key.description, member.value.string ?? "")
    }
    let model = try fixture.model()
    let steps = try Optimizer(
      optimizer, options: options, parameters: model.parameters,
      weightDecay: try #require(reference["weight_decay"]?.double))
    let clip = try #require(reference["gradient_clip"]?.double)
    var worst = 0.0
    for (step, (rate, theirs)) in zip(rates, expected).enumerated() {
      let range = fixture.batches[step % fixture.batches.count]
      let (batch, targets) = (fixture.batch(range), fixture.targets(range))
      let tape = Tape(isTraining: true)
      let count = Double(targets.count(in: batch))
      let loss = model.loss(targets, of: batch, mass: .plain, weight: count, on: tape)
      tape.backward(loss)
      let norm = model.parameters.reduce(0.0) { $0 + $1.gradientSumOfSquares }.squareRoot()
      try steps.takeStep(learningRate: rate, gradientScale: Float(min(1, clip / (norm + 1e-6))))
      for parameter in model.parameters { parameter.clearGradient() }
      let difference = abs(Double(loss.value.values[0]) - theirs)
      #expect(difference < fixture.lossTolerance, "step \(step + 1)")
      worst = max(worst, difference)
    }
    try ParityRecord.add(name, [optimizer: worst])
  }

  /// What is saved is what was there: names as transformers', nothing created or left over, equal logits.
  @Test(arguments: try HeadCase.all())
  func savedAndLoadedAgain(_ name: HeadCase) throws {
    let fixture = try HeadFixture(name)
    let (model, batch) = (try fixture.model(), fixture.batch(fixture.all))
    let temporary = try TemporaryFolder()
    let out = ParityRecord.folder(of: name) ?? temporary.path + "/model"
    let config = try HuggingFaceConfig(path: name.folder + "/config.json")
    try CheckpointWriter.save(
      config: config.saved(
        architecture: model.architecture, labels: fixture.labels, problemType: fixture.problemType),
      tensors: model.parameters.map { ($0.name, $0.stored) }, tokenizerFiles: [], from: name.folder, to: out)
    let saved = try CheckpointFolder(path: out)
    let (again, report) = try ModelRegistry.load(saved, head: fixture.kind, dropout: 0, seed: 2)
    #expect(report == WeightReport())
    let tape = Tape(isTraining: false)
    let logits = model.logits(batch, on: tape).value
    #expect(again.logits(batch, on: tape).value.values == logits.values)
    let prefix = "\(name.head)/grad/"
    let names = fixture.tensors.entries.map(\.name).filter { $0.hasPrefix(prefix) }
    #expect(saved.entries.map { prefix + $0.name }.sorted() == names.sorted())
    if ParityRecord.root != nil { try SafetensorsWriter.write([("logits", logits)], to: out + "/logits.safetensors") }
  }
}

/// Largest differences seen, left in a folder for a script to tabulate.
enum ParityRecord {
  static let root = ProcessInfo.processInfo.environment["FINETUNE_PARITY_OUT"]

  static func folder(of name: HeadCase) -> String? { root.map { "\($0)/\(name.family)/\(name.head)" } }

  /// Keeps the larger of a value and what an earlier test left.
  static func add(_ name: HeadCase, _ values: [String: Double]) throws {
    guard let folder = folder(of: name) else { return }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path = folder + "/differences.json"
    var found = values
    if FileManager.default.fileExists(atPath: path) {
      for member in try JSON.parse(Files.read(path)).object?.members ?? [] {
        guard let before = member.value.double else { continue }
        found[member.key.description] = max(before, found[member.key.description] ?? 0)
      }
    }
    let members = found.sorted { $0.key < $1.key }.map { JSONObject.Member(ByteString($0.key), .real($0.value)) }
    try Files.writeAtomically(path, JSON.object(JSONObject(members)).serialized())
  }
}
