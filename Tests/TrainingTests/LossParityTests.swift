import Optimizers
import Support
import TestSupport
import Testing
import Training

/// Losses of 20 steps against the reference trainer, on small checkpoints of every family, refreshes of the projection included.
@Suite(.serialized) struct LossParityTests {
  struct Reference: CustomTestStringConvertible, Sendable {
    let model: String
    /// Where the checkpoint brings none of its own.
    let tokenizer: String?
    let task: String
    let optimizer: String
    let settings: JSON
    let losses: [Double]

    var testDescription: String {
      "\(model) \(task) \(optimizer) clip \(settings["gradient_clip"]?.summary ?? "")"
    }

    static func all() throws -> [Reference] {
      let json = try JSON.parse(Files.read(SharedData.fixture("losses.json")))
      return (json["runs"]?.array ?? []).compactMap { run in
        guard let model = run["model"]?.string, let task = run["task"]?.string,
          let optimizer = run["optimizer"]?.string,
          let settings = run["settings"], let losses = run["losses"]?.array
        else { return nil }
        return Reference(
          model: model, tokenizer: run["tokenizer"]?.string, task: task, optimizer: optimizer, settings: settings,
          losses: losses.compactMap(\.double))
      }
    }
  }

  /// Keys of a reference's settings that are the optimizer's own.
  static let optimizerKeys = ["rank", "update_gap", "alpha", "projector", "scale", "beta1"]

  /// A reference of an optimizer that is no longer there fails by its name.
  @Test(arguments: try Reference.all())
  func losses(_ reference: Reference) throws {
    var fixture = try RunFixture(
      model: reference.model, task: reference.task,
      [("optimizer", reference.optimizer), ("save", "none"), ("eval_limit", "4"), ("threads", "2")])
    let folder = try TemporaryFolder()
    if let tokenizer = reference.tokenizer { try fixture.lend(tokenizer, to: reference.model, in: folder) }
    for member in reference.settings.object?.members ?? [] {
      let key = member.key.description
      let value: String
      switch member.value {
      case .number(let text): value = text
      case .bool(let flag): value = "\(flag)"
      default: value = member.value.string ?? ""
      }
      if LossParityTests.optimizerKeys.contains(key) {
        try fixture.settings.addOptimizerOption("\(key)=\(value)", origin: "test")
      } else {
        try fixture.set(key, value)
      }
    }
    let (_, log) = try fixture.execute(in: folder)
    let losses = log.compactMap { $0["loss"]?.double }
    #expect(losses.count == 20 && reference.losses.count == 20)
    #expect(abs((losses.first ?? .nan) - (reference.losses.first ?? .nan)) < 1e-5)
    for (step, (ours, theirs)) in zip(losses, reference.losses).enumerated() {
      #expect(abs(ours - theirs) < 5e-5, "step \(step + 1)")
    }
  }

  @Test func everyReferenceIsRead() throws {
    #expect(try Reference.all().count == 46)
  }
}
