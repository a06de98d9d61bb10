import Support
import TestSupport
import Testing
import Training

/// Against transformers' schedulers.
@Suite struct ScheduleTests {
  @Test func rates() throws {
    let cases = try #require(try JSON.parse(Files.read(SharedData.fixture("schedules.json")))["cases"]?.array)
    #expect(cases.count == 12)
    for entry in cases {
      let schedule = Schedule(
        shape: try #require(Schedule.Shape(rawValue: entry["shape"]?.string ?? "")),
        peak: try #require(entry["peak"]?.double), warmupSteps: try #require(entry["warmup"]?.integer),
        totalSteps: try #require(entry["total"]?.integer))
      let rates = try #require(entry["rates"]?.array).compactMap(\.double)
      for (index, rate) in rates.enumerated() {
        #expect(abs(schedule.rate(at: index + 1) - rate) < 1e-15, "\(schedule) step \(index + 1)")
      }
    }
  }
}
