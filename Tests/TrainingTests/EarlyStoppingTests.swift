import Results
import Support
import TestSupport
import Testing
import Training

@Suite struct EarlyStoppingTests {
  /// Against transformers' callback.
  @Test func whereARunEnds() throws {
    let cases = try #require(try JSON.parse(Files.read(SharedData.fixture("early_stopping.json")))["cases"]?.array)
    #expect(cases.count == 30)
    for entry in cases {
      let scores = try #require(entry["scores"]?.array).compactMap(\.double)
      let isHigherBetter = try #require(entry["greater_is_better"]?.bool as Bool?)
      var stopping = EarlyStopping(patience: try #require(entry["patience"]?.integer))
      var best: Double?
      let stop = scores.firstIndex { score in
        let isBetter = best.map { isHigherBetter ? score > $0 : score < $0 } ?? true
        if isBetter { best = score }
        return stopping.shouldStop(isBetter: isBetter)
      }
      #expect(stop.map { $0 + 1 } == entry["stop"]?.integer, "\(entry)")
    }
  }

  /// With a rate that moves no weight no score gets better, so a run ends at its second evaluation, and keeps the first
  /// model where the best is saved.
  @Test(arguments: ["best", "last"]) func aRunEndsCompleted(_ save: String) throws {
    let folder = try TemporaryFolder()
    let fixture = try RunFixture(
      model: "bert-tiny", task: "cola",
      [
        ("max_steps", "50"), ("eval_every", "2"), ("batch_size", "4"), ("learning_rate", "1e-30"), ("dropout", "0"),
        ("early_stopping", "1"), ("save", save),
      ])
    let notes = Silence()
    let (result, log) = try fixture.execute(in: folder, observer: notes)
    #expect(result.status == .completed && log.count == 4 && result.history.map(\.step) == [2, 4])
    #expect(result.stopped?.step == 4)
    #expect(result.stopped?.reason == "no better matthews_correlation in one evaluation")
    #expect(result.best?.step == (save == "best" ? 2 : 4))
    #expect(notes.notes.contains { $0.hasPrefix("stopped after step 4 of 50") })
    #expect(Files.exists(folder.path + "/run/model/model.safetensors"))
    let json = try JSON.parse(Files.read(folder.path + "/run/results.json"))
    #expect(json["outcome"]?["stopped"]?["step"]?.integer == 4)
    #expect(try RunRecord(json).stopped?.reason == result.stopped?.reason)
  }

  /// A run that takes all of its steps was not stopped, even where its last evaluation is the one too many.
  @Test func theLastStepIsNoStop() throws {
    let folder = try TemporaryFolder()
    let fixture = try RunFixture(
      model: "bert-tiny", task: "cola",
      [
        ("max_steps", "4"), ("eval_every", "2"), ("batch_size", "4"), ("learning_rate", "1e-30"), ("dropout", "0"),
        ("early_stopping", "1"), ("save", "none"),
      ])
    #expect(try fixture.execute(in: folder).result.stopped == nil)
    let json = try JSON.parse(Files.read(folder.path + "/run/results.json"))
    #expect(json["outcome"]?["stopped"]?.isNull == true)
  }
}
