import Support
import TestSupport
import Testing
import Training

/// Against transformers' schedulers.
@Suite struct ScheduleTests {
  @Test func rates() throws {
    let cases = try #require(try JSON.parse(Files.read(SharedData.fixture("schedules.json")))["cases"]?.array)
    #expect(cases.count == 37)
    for entry in cases {
      let schedule = Schedule(
        shape: try #require(Schedule.Shape(name: entry["shape"]?.string ?? "")),
        peak: try #require(entry["peak"]?.double), warmupSteps: try #require(entry["warmup"]?.integer),
        totalSteps: try #require(entry["total"]?.integer), power: entry["power"]?.double ?? 1,
        cycles: entry["cycles"]?.integer ?? 1, decaySteps: entry["decay"]?.integer ?? 0)
      let rates = try #require(entry["rates"]?.array).compactMap(\.double)
      #expect(rates.count == schedule.totalSteps)
      for (index, rate) in rates.enumerated() {
        #expect(abs(schedule.rate(at: index + 1) - rate) < 1e-15, "\(schedule) step \(index + 1)")
      }
    }
  }

  private func fixture(_ values: [(String, String)]) throws -> RunFixture {
    try RunFixture(
      model: "bert-tiny", task: "cola",
      [("max_steps", "5"), ("train_limit", "8"), ("eval_limit", "4"), ("batch_size", "2"), ("save", "none")] + values)
  }

  /// A run follows the schedule that it was given, under either name, and records what it left to the default.
  @Test func aRunFollowsIt() throws {
    let folder = try TemporaryFolder()
    let (result, log) = try fixture([
      ("schedule", "warmup_stable_decay"), ("schedule_decay", "0.4"), ("warmup_steps", "1"), ("learning_rate", "1e-3"),
    ]).execute(in: folder)
    let rates = log.compactMap { $0["learning_rate"]?.double }
    #expect(rates.count == 5 && rates.prefix(4) == [0, 1e-3, 1e-3, 1e-3] && abs(rates[4] - 5e-4) < 1e-12)
    #expect(result.config["schedule"]?.string == "wsd" && result.config["schedule_decay"]?.double == 0.4)
    #expect(result.config["schedule_power"]?.isNull == true)
    let restarts = try fixture([("schedule", "cosine-with-restarts")]).execute(in: folder, name: "restarts").result
    #expect(restarts.config["schedule_cycles"]?.integer == 1)
  }

  /// What could have no effect, or cannot be followed, is refused before the run's folder is made.
  @Test(arguments: [
    ([("schedule_power", "2")], "--schedule-power: found 2 with the schedule linear"),
    ([("schedule", "wsd"), ("schedule_cycles", "2")], "the schedule cosine-with-restarts"),
    ([("schedule", "wsd"), ("schedule_decay", "0.9"), ("warmup_steps", "2")], "2 steps of warm-up and 4 of decay"),
    ([("schedule", "polynomial"), ("learning_rate", "1e-8")], "more than 1e-07"),
  ]) func refusals(_ values: [(String, String)], expected: String) throws {
    let folder = try TemporaryFolder()
    let fault = #expect(throws: TrainingError.self) { try fixture(values).execute(in: folder) }
    #expect(fault?.message.contains(expected) == true, "\(fault?.message ?? "")")
    #expect(!Files.exists(folder.path + "/run"))
  }
}
