import Foundation
import Results
import Support
import TestSupport
import Testing
import Training

/// Losses of training steps of every protocol, and the scores of the trained model, against transformers on the samples.
@Suite(.serialized) struct ProtocolParityTests {
  private static let runs =
    (try? JSON.parse(Files.read(SharedData.fixture("protocols.json"))))?["runs"]?.array ?? []

  @Test func everyProtocolIsThere() {
    #expect(Self.runs.count == 8)
    #expect(Set(Self.runs.compactMap { $0["kind"]?.string }) == ["stsb", "arc", "squad", "likelihood", "generation"])
  }

  @Test(arguments: runs.indices) func lossesAndScores(_ number: Int) throws {
    let run = Self.runs[number]
    let task = try #require(run["task"]?.string)
    let folder = SharedData.packageRoot + "/tasks/" + (try #require(run["sample"]?.string))
    var fixture = try RunFixture(
      model: try #require(run["model"]?.string), task: task,
      [("data", folder), ("optimizer", "adamw"), ("save", "last"), ("threads", "2")])
    for member in try #require(run["settings"]?.object).members {
      switch member.value {
      case .number(let text): try fixture.set(member.key.description, text)
      case .bool(let flag): try fixture.set(member.key.description, "\(flag)")
      default: try fixture.set(member.key.description, member.value.string ?? "")
      }
    }
    let output = try TemporaryFolder()
    let (result, log) = try fixture.execute(in: output)
    let ours = log.compactMap { $0["loss"]?.double }
    let theirs = try #require(run["losses"]?.array).compactMap(\.double)
    #expect(ours.count == theirs.count)
    // The sample may have changed since: then Tools/make_protocol_fixtures.py has to be run again.
    for (step, (loss, reference)) in zip(ours, theirs).enumerated() {
      #expect(abs(loss - reference) < 1e-4, "\(run["kind"]?.string ?? "") step \(step + 1)")
    }
    for member in try #require(run["metrics"]?.object).members {
      let found = try #require(result.history.last?.metrics.first { $0.name == member.key.description })
      #expect(abs(found.value - (member.value.double ?? .nan)) < 1e-4, "\(found.name)")
    }
    #expect(result.splits.first { $0.name == "train" }?.truncated == run["truncated"]?.integer)
    try checkPredictions(output.path + "/run/predictions-dev.tsv", run)
  }

  private func checkPredictions(_ path: String, _ run: JSON) throws {
    let rows = try TextLines(Files.read(path)).map { String(decoding: $0.bytes, as: UTF8.self) }.dropFirst()
      .filter { !$0.isEmpty }.map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    let expected = try #require(run["predictions"]?.array)
    guard !expected.isEmpty else { return }
    #expect(rows.count == expected.count)
    for (row, reference) in zip(rows, expected) {
      #expect(row.count == 4)
      if let number = reference.double {
        #expect(abs((Double(row[1]) ?? .nan) - number) < 1e-3)
      } else {
        #expect(row[1] == reference.string.map { PredictionsFile.field($0) })
      }
    }
    let task = run["task"]?.string
    if task == "stsb" { #expect(rows.allSatisfy { Double($0[2]) != nil }) }
    // Right answers have the same names as predictions: their mean agreement is the accuracy.
    if task == "arc_easy", let accuracy = run["metrics"]?["accuracy"]?.double {
      #expect(abs(Double(rows.count { $0[1] == $0[2] }) / Double(rows.count) - accuracy) < 1e-9)
    }
  }
}
