import Results
import Support
import TestSupport
import Testing
import Training

/// Where dropout falls, and where it does not: runs whose learning rate is too small to change a weight.
@Suite(.serialized) struct ChanceTests {
  private static let lines = ["the old house stands", "a door was opened", "nobody came back", "they sing at night"]

  /// - Parameter copies: of every example, one after the other.
  private func run(
    _ values: [(String, String)], copies: Int = 1, in folder: TemporaryFolder, name: String
  ) throws -> (result: RunRecord, log: [JSON], predictions: [UInt8]) {
    let examples = (0..<copies).flatMap { _ in ChanceTests.lines }
    let rows = examples.enumerated().map { "\(name)\t\($0 % 2)\t\t\($1)\n" }.joined()
    for file in ["train.tsv", "dev.tsv"] { try folder.write("data-\(name)/\(file)", rows) }
    var fixture = try RunFixture(
      model: "bert-tiny", task: "cola",
      [("learning_rate", "1e-30"), ("no_shuffle", "true"), ("threads", "2"), ("batch_size", "4")] + values)
    try fixture.set("data", folder.path + "/data-\(name)")
    let (result, log) = try fixture.execute(in: folder, name: name)
    return (result, log, try Files.read(folder.path + "/\(name)/predictions-dev.tsv"))
  }

  private func losses(_ log: [JSON]) -> [Double] { log.compactMap { $0["loss"]?.double } }

  /// The same batch again, and the same examples as the second batch of a step, lose other units.
  @Test func everyBatchDropsOtherUnits() throws {
    let folder = try TemporaryFolder()
    let single = try losses(run([("max_steps", "3"), ("dropout", "0.3")], in: folder, name: "single").log)
    #expect(single.count == 3 && Set(single).count == 3)
    let halves = [("max_steps", "1"), ("dropout", "0.3"), ("accumulate", "2")]
    let double = try losses(run(halves, copies: 2, in: folder, name: "double").log)
    #expect(double.count == 1 && double.first != single.first)
    let plain = try losses(run([("max_steps", "3"), ("dropout", "0")], in: folder, name: "plain").log)
    #expect(plain.count == 3 && Set(plain).count == 1)
  }

  /// An evaluation follows the last step of each epoch.
  @Test func everyEpochIsEvaluated() throws {
    let folder = try TemporaryFolder()
    let result = try run([("batch_size", "2"), ("epochs", "2")], copies: 2, in: folder, name: "run").result
    #expect(result.history.map(\.step) == [4, 8] && result.history.map(\.epoch) == [1, 2])
  }

  /// Nothing is dropped in an evaluation.
  @Test func evaluationDropsNothing() throws {
    let folder = try TemporaryFolder()
    let plain = try run([("max_steps", "1"), ("dropout", "0")], in: folder, name: "a")
    let dropped = try run([("max_steps", "1"), ("dropout", "0.5")], in: folder, name: "b")
    #expect(plain.log.first?["loss"] != dropped.log.first?["loss"])
    #expect(plain.predictions == dropped.predictions)
  }

  /// An example that loses a single token counts as cut: four words of one token each, and the two that BERT adds.
  @Test(arguments: [(6, 0), (5, 2)]) func oneTokenTooLong(_ length: Int, _ cut: Int) throws {
    let folder = try TemporaryFolder()
    let values = [("max_steps", "1"), ("max_length", "\(length)")]
    let rows = ["zz zz zz zz", "zz zz", "zz zz zz zz"].enumerated().map { "x\t\($0 % 2)\t\t\($1)\n" }.joined()
    for file in ["train.tsv", "dev.tsv"] { try folder.write("data/\(file)", rows) }
    var fixture = try RunFixture(model: "bert-tiny", task: "cola", [("threads", "2")] + values)
    try fixture.set("data", folder.path + "/data")
    let (result, _) = try fixture.execute(in: folder)
    #expect(result.splits.map(\.truncated) == [cut, cut])
  }
}
