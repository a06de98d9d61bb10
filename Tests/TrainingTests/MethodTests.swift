import Checkpoints
import Foundation
import Optimizers
import Results
import Support
import Tensors
import TestSupport
import Testing
import Training

/// What a run trains, and what it says of that.
@Suite(.serialized) struct MethodTests {
  private final class Rows: RunObserver {
    private(set) var rows: [ParameterRow] = []
    func parameters(_ rows: [ParameterRow]) { self.rows = rows }
  }

  private func fixture(_ values: [(String, String)]) throws -> RunFixture {
    try RunFixture(
      model: "bert-tiny", task: "cola",
      [("max_steps", "4"), ("batch_size", "8"), ("learning_rate", "1e-3"), ("max_length", "12"), ("threads", "2")]
        + values)
  }

  /// The head alone has gradients and state, what is frozen is saved as it was, and the plan foretells all of it.
  @Test(arguments: ["adamw", "fira", "adafactor"]) func headOnly(_ optimizer: String) throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture([("method", "head"), ("optimizer", optimizer), ("weight_decay", "0.1")])
    let (result, log) = try fixture.execute(in: folder)
    #expect(result.status == .completed && log.count == 4)
    let (before, after) = (
      try SafetensorsFile(path: SharedData.fixture("models/bert-tiny") + "/model.safetensors"),
      try SafetensorsFile(path: folder.path + "/run/model/model.safetensors")
    )
    var trained = 0
    for name in after.entries.map(\.name) {
      let isOfHead = name.hasPrefix("classifier.") || name.hasPrefix("bert.pooler.")
      let value = try after.tensor(name)
      if isOfHead { trained += value.count }
      guard before.entries.contains(where: { $0.name == name }) else { continue }
      #expect((try before.tensor(name).values == value.values) == !isOfHead, "\(name)")
    }
    #expect(trained > 0 && result.model["trained_parameters"]?.integer == trained)
    #expect(result.bytes("gradients_bytes") == 4 * trained)
    #expect(result.bytes("optimizer_state_bytes") == result.bytes("planned_optimizer_state_bytes"))
    if optimizer != "adafactor" { #expect(result.bytes("optimizer_state_bytes") == 8 * trained) }
    #expect(result.config["method"] == .text("head"))
  }

  @Test func theTableShowsWhatIsFrozen() throws {
    let folder = try TemporaryFolder()
    var settings = try fixture([("method", "head"), ("optimizer", "fira"), ("weight_decay", "0.1")]).settings
    settings.output = folder.path + "/run"
    let observer = Rows()
    _ = try Run.prepare(settings, command: ["test"], observer: observer).execute()
    #expect(observer.rows.map(\.role) == ["embedding", "matrix", "bias", "norm", "head"])
    for row in observer.rows {
      #expect(row.projected == 0)
      #expect(row.decayed == (row.role == "head" ? row.parameters : 0))
      // The biases of pooler and classifier are the head's.
      if row.role == "bias" {
        #expect(row.frozen > 0 && row.frozen < row.parameters)
      } else {
        #expect(row.frozen == (row.role == "head" ? 0 : row.parameters))
      }
    }
  }

  /// What the table calls projected is what the rule projects, which an option called rank does not tell.
  ///
  /// Flora takes matrices of any role (flora-opt projects by shape), unless they are narrower than the rank or more than
  /// four times as long as wide; the others take matrices of layers only. Adapprox has a rank, and projects nothing.
  @Test(
    arguments: [
      ("adamw", [], [0, 0, 0]), ("adapprox", [("rank", "2")], [0, 0, 0]), ("galore", [("rank", "2")], [0, 176, 0]),
      ("galore-adafactor", [], [0, 176, 0]), ("fira", [], [0, 176, 0]), ("flora", [("rank", "4")], [0, 144, 80]),
      ("flora", [("rank", "4"), ("beta1", "0")], [0, 0, 0]), ("flora", [("rank", "9")], [0, 0, 0]),
    ] as [(String, [(key: String, value: String)], [Int])])
  func projected(_ name: String, _ options: [(key: String, value: String)], _ expected: [Int]) throws {
    let parameters = [
      Parameter(name: "table", role: .embedding, value: Tensor(zeros: [50, 8])),
      Parameter(name: "near", role: .matrix, value: Tensor(zeros: [18, 8])),
      Parameter(name: "long", role: .matrix, value: Tensor(zeros: [16, 2])),
      Parameter(name: "pooler", role: .head, value: Tensor(zeros: [10, 8])),
    ]
    let optimizer = try Optimizer(name, options: options, parameters: parameters, weightDecay: 0.1)
    let rows = ParameterRow.table(parameters, optimizer: optimizer)
    #expect(rows.map(\.projected) == expected)
    #expect(rows.map(\.decayed) == [400, 176, 80] && rows.allSatisfy { $0.frozen == 0 })
  }

  /// The log names the rate that was used. Adafactor's relative step is min(0.01, 1/√t) whatever is given, and two rates give
  /// one run.
  @Test(arguments: ["adafactor", "galore-adafactor"]) func relativeStep(_ optimizer: String) throws {
    let folder = try TemporaryFolder()
    var weights: [[UInt8]] = []
    for rate in ["1e-3", "1e-6"] {
      var fixture = try fixture([("optimizer", optimizer), ("learning_rate", rate)])
      try fixture.settings.addOptimizerOption("relative-step=true", origin: "test")
      let (result, log) = try fixture.execute(in: folder, name: rate)
      #expect(log.map { $0["learning_rate"]?.double } == [0.01, 0.01, 0.01, 0.01])
      #expect(result.learningRate == 0.01 && result.optimizer["learning_rate_source"] == .text("optimizer"))
      #expect(result.config["learning_rate"]?.double == Double(rate))
      weights.append(try Files.read(folder.path + "/\(rate)/model/model.safetensors"))
    }
    #expect(weights[0] == weights[1])
  }
}
