import Foundation
import Support
import TestSupport
import Testing

/// What is recorded, and the trace that is written of it.
@Suite(.serialized) struct ProfilerTests {
  private func spin(_ microseconds: Int) {
    let end = ContinuousClock.now + .microseconds(microseconds)
    while ContinuousClock.now < end {}
  }

  /// Two steps with an evaluation that saves, on two threads.
  private func sample() throws -> Profile {
    ThreadPool.shared.configure(threads: 2)
    Profiler.shared.start()
    for _ in 0..<2 {
      Profiler.phase("forward") {
        ThreadPool.shared.parallel(8) { _ in spin(200) }
        Profiler.count(flop: 500)
        Profiler.operationEnds("linear(_:weight:)", detail: "layer.\"0\"")
        spin(100)
        Profiler.operationEnds("softmax(_:)", detail: nil)
      }
      Profiler.phase("backward") {
        Profiler.operation("linear(_:weight:)") {
          spin(100)
          Profiler.operation("copy()") { spin(50) }
        }
      }
    }
    spin(300)
    Profiler.phase("evaluation") {
      spin(400)
      Profiler.phase("saving") { spin(200) }
    }
    return try #require(Profiler.shared.finish())
  }

  @Test func sums() throws {
    let profile = try sample()
    #expect(profile.phases.map(\.name) == ["forward", "backward", "evaluation", "saving"])
    #expect(profile.phases.map(\.total.count) == [2, 2, 1, 1] && !profile.isCut)
    #expect(profile.phases.reduce(profile.other) { $0 + $1.total.nanoseconds } == profile.nanoseconds)
    #expect(profile.other >= 300_000)
    // The time of what is inside is not that of what is outside.
    #expect(profile.phase("evaluation").nanoseconds >= 400_000 && profile.phase("saving").nanoseconds >= 200_000)
    let evaluation = try #require(profile.events.first { $0.name == "evaluation" })
    #expect(evaluation.duration == profile.phase("evaluation").nanoseconds + profile.phase("saving").nanoseconds)
    // Operations fill their phase, and have its products.
    for phase in ["forward", "backward"] {
      let own = profile.operations.filter { $0.phase == phase }
      let sum = own.reduce(0) { $0 + $1.total.nanoseconds }
      #expect(sum > 0 && sum <= profile.phase(phase).nanoseconds)
    }
    #expect(profile.operations.first { $0.phase == "forward" && $0.name == "linear" }?.total.flop == 1_000)
    #expect(profile.phase("forward").flop == 1_000 && profile.phase("backward").flop == 0)
    let rows = profile.rows
    let table = rows.filter { !$0.isOperation }.map(\.total.nanoseconds)
    #expect(rows.last?.name == "wall time" && table.dropLast().reduce(0, +) == table.last)
  }

  /// The trace is JSON, has what the format asks for, and its events are properly nested on each thread.
  @Test func trace() throws {
    let profile = try sample()
    let folder = try TemporaryFolder()
    let path = folder.path + "/trace.json"
    try ChromeTrace.write(profile, to: path)
    let trace = try JSON.parse(Files.read(path))
    try ProfilerTests.check(trace)
    let events = try #require(trace["traceEvents"]?.array)
    let complete = events.filter { $0["ph"]?.string == "X" }
    #expect(complete.count == profile.events.count)
    #expect(complete.contains { $0["args"]?["of"]?.string == "layer.\"0\"" })
    let threads = events.filter { $0["name"]?.string == "thread_name" }.compactMap { $0["args"]?["name"]?.string }
    #expect(threads == ["main", "worker 1"])
    // What a worker does is named by what the main thread does meanwhile.
    let work = complete.filter { $0["tid"]?.integer == 2 }
    #expect(!work.isEmpty && work.allSatisfy { $0["name"]?.string == "linear" && $0["cat"]?.string == "task" })
  }

  /// Checks a trace as Perfetto's importer reads it.
  static func check(_ trace: JSON) throws {
    let events = try #require(trace["traceEvents"]?.array)
    var open: [Int: [(start: Double, end: Double)]] = [:]
    var last = 0.0
    for event in events where event["ph"]?.string == "X" {
      let thread = try #require(event["tid"]?.integer)
      let (start, duration) = (try #require(event["ts"]?.double), try #require(event["dur"]?.double))
      #expect(start >= last && duration >= 0 && event["name"]?.string?.isEmpty == false && event["pid"]?.integer == 1)
      last = start
      // Times have a thousandth of a microsecond: what ends within half of one has ended.
      while let outer = open[thread]?.last, outer.end <= start + 0.0005 { open[thread]?.removeLast() }
      if let outer = open[thread]?.last { #expect(start + duration <= outer.end + 0.0005, "\(event)") }
      open[thread, default: []].append((start, start + duration))
    }
    let seconds = try #require(trace["otherData"]?["seconds"]?.double)
    let sum = try #require(trace["otherData"]?["phases"]?.array).compactMap { $0["seconds"]?.double }.reduce(0, +)
    #expect(abs(seconds - sum) < 1e-6)
  }

  /// However long a run is, its trace is bounded; its sums hold everything.
  @Test func bounds() throws {
    Profiler.shared.start()
    for _ in 0..<30_000 { Profiler.phase("step") { Profiler.operation("work") {} } }
    for _ in 0..<80_000 { Profiler.phase("other step") {} }
    let profile = try #require(Profiler.shared.finish())
    #expect(profile.isCut && profile.phase("step").count == 30_000 && profile.phase("other step").count == 80_000)
    #expect(profile.events.count == 100_000 + 20_000)
    #expect(profile.operations.first?.total.count == 30_000)
  }

  @Test func nothingWhileOff() throws {
    #expect(Profiler.shared.finish() == nil && !Profiler.isOn)
    #expect(Profiler.phase("a") { Profiler.operation("b") { 3 } } == 3)
    Profiler.shared.start()
    // Another thread's phases are not the owner's.
    let thread = Thread { Profiler.phase("elsewhere") {} }
    thread.start()
    while !thread.isFinished { usleep(100) }
    let profile = try #require(Profiler.shared.finish())
    #expect(profile.phases.isEmpty && profile.events.isEmpty && profile.other == profile.nanoseconds)
  }

  @Test func aFolderThatIsNotThere() throws {
    Profiler.shared.start()
    let profile = try #require(Profiler.shared.finish())
    #expect(throws: FileError.self) { try ChromeTrace.write(profile, to: "/nowhere/trace.json") }
  }
}
