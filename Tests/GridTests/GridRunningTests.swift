import Foundation
import Grid
import Support
import TestSupport
import Testing

/// How a grid runs its cells: some at a time, again after a crash, beyond the edge, and cut.
@Suite struct GridRunningTests {
  private static let cola = SharedData.packageRoot + "/tasks/cola/task.yaml"

  private func axes(_ pairs: [(String, [String])]) throws -> GridAxes {
    var axes = GridAxes()
    try axes.setAxis("task", [GridRunningTests.cola], origin: "test")
    for (key, values) in pairs { try axes.setAxis(key, values, origin: "test") }
    return axes
  }

  private func options(jobs: Int = 1, extends: Bool = false, stop: StopRule = .none) -> GridOptions {
    var options = GridOptions()
    (options.jobs, options.extends, options.stop) = (jobs, extends, stop)
    return options
  }

  /// What is left of a grid after its end, when its folder is free again.
  private struct Outcome {
    let cells: [GridCell]
    let outcomes: [CellOutcome]
    let summary: GridSummary
    let failureStatus: Int32?
  }

  private func run(
    _ axes: GridAxes, in path: String, _ options: GridOptions = GridOptions(), _ launcher: FakeLauncher,
    _ observer: Silence = Silence()
  ) throws -> Outcome {
    let grid = try Grid.prepare(
      axes, output: path, options: options, launcher: launcher, command: [], observer: observer)
    #expect(try grid.execute())
    return Outcome(
      cells: grid.cells, outcomes: grid.outcomes, summary: grid.summary, failureStatus: grid.failureStatus)
  }

  private func cells(_ path: String) throws -> [JSON] {
    try #require(try JSON.parse(Files.read(path + "/grid.json"))["cells"]?.array)
  }

  /// As many cells run at a time as there are jobs, in order, and the outcome is that of one job.
  @Test func jobs() throws {
    let folder = try TemporaryFolder()
    var axes = try axes([("learning_rate", ["1e-3", "1e-2", "1e-1"]), ("seed", ["1", "2"])])
    axes.setFixed("threads", "1")
    var found: [[JSON?]] = []
    for jobs in [1, 2, 4] {
      let launcher = FakeLauncher(polls: 3) { Double($0.count) }
      let grid = try run(axes, in: folder.path + "/\(jobs)", options(jobs: jobs), launcher)
      #expect(launcher.log.most == jobs)
      #expect(launcher.log.started == grid.cells.map(\.name))
      found.append(try cells(folder.path + "/\(jobs)").flatMap { [$0["status"], $0["metrics"], $0["identity"]] })
    }
    #expect(found[0] == found[1] && found[1] == found[2])
  }

  /// The threads of a cell follow from the jobs of the first start, are recorded, and stay.
  @Test func threads() throws {
    let folder = try TemporaryFolder()
    let cores = Processors.allowed()
    let launcher = FakeLauncher(crashes: ["cola-adamw-seed2": [64]]) { _ in 0.5 }
    let axes = try axes([("seed", ["1", "2"])])
    _ = try run(axes, in: folder.path + "/g", options(jobs: 2), launcher)
    let share = String(max(1, cores / 2))
    #expect(try cells(folder.path + "/g").allSatisfy { $0["identity"]?["settings"]?["threads"]?.string == share })
    #expect(launcher.log.arguments.allSatisfy { $0.contains("--threads") })
    let (again, observer) = (FakeLauncher { _ in 0.5 }, Silence())
    _ = try run(axes, in: folder.path + "/g", options(jobs: 1), again, observer)
    #expect(again.log.started == ["cola-adamw-seed2"])
    let arguments = try #require(again.log.arguments.first)
    #expect(arguments[(arguments.firstIndex(of: "--threads") ?? 0) + 1] == share)
    #expect(observer.notes.contains { $0.contains("keep the") } == (max(1, cores) != max(1, cores / 2)))
    var other = axes
    other.setFixed("threads", "3")
    #expect {
      _ = try Grid.prepare(
        other, output: folder.path + "/g", launcher: again, command: [], observer: Silence())
    } throws: { ($0 as? GridError)?.message.contains("threads was") == true }
  }

  /// A crash costs one attempt of one cell, a second one the cell; a wrong option is not tried again.
  @Test func crashes() throws {
    let folder = try TemporaryFolder()
    let axes = try axes([("seed", ["1", "2", "3", "4"])])
    let observer = Silence()
    let launcher = FakeLauncher(
      crashes: [
        "cola-adamw-seed1": [128 + SIGSEGV], "cola-adamw-seed2": [128 + SIGKILL, 128 + SIGKILL],
        "cola-adamw-seed3": [64],
      ], polls: 2
    ) { _ in 0.5 }
    let grid = try run(axes, in: folder.path + "/g", options(jobs: 2), launcher, observer)
    #expect(grid.outcomes.map(\.status) == [.completed, .failed, .failed, .completed])
    #expect(grid.outcomes.map(\.attempts) == [2, 2, 1, 1])
    #expect(grid.outcomes[1].reason?.contains("memory") == true)
    #expect(observer.notes.count { $0.contains("run once more") } == 2)
    #expect(observer.notes.contains { $0.contains("signal \(SIGSEGV)") })
    #expect(grid.failureStatus == 64 || grid.failureStatus == 137)
    let recorded = try cells(folder.path + "/g")
    #expect(recorded.map { $0["attempts"]?.integer } == [2, 2, 1, 1])
    #expect(recorded[1]["status"]?.string == "failed" && recorded[1]["reason"]?.string?.contains("signal 9") == true)
  }

  /// What was killed, perhaps for memory, runs again with no other cell beside it.
  @Test func aKilledCellRunsAlone() throws {
    let folder = try TemporaryFolder()
    final class Alone: GridObserver {
      let log: FakeLauncher.Log
      var beside: Int?
      var ends = 0
      init(_ log: FakeLauncher.Log) { self.log = log }
      func note(_ text: String) {}
      func started(_ cell: GridCell, number: Int, of total: Int) {
        if cell.seed == "1", log.started.contains(cell.name) { beside = log.running }
      }
      func ended(_ cell: GridCell, _ outcome: CellOutcome, seconds: Double) { ends += 1 }
    }
    let launcher = FakeLauncher(crashes: ["cola-adamw-seed1": [128 + SIGKILL]], polls: 3) { _ in 0.5 }
    let observer = Alone(launcher.log)
    let grid = try Grid.prepare(
      try axes([("seed", ["1", "2", "3"])]), output: folder.path + "/g", options: options(jobs: 2), launcher: launcher,
      command: [], observer: observer)
    #expect(try grid.execute())
    #expect(observer.beside == 0 && observer.ends == 3 && launcher.log.most == 2)
    #expect(grid.outcomes.allSatisfy { $0.status == .completed })
  }

  /// What a grid leaves that was killed while it first wrote its record is no hindrance; a user's file is.
  @Test func halfARecord() throws {
    let folder = try TemporaryFolder()
    try folder.write("g/grid.json.tmp-47-9", "{")
    try folder.write("g/logs/x.txt", "")
    _ = try run(axes([("seed", ["1"])]), in: folder.path + "/g", options(), FakeLauncher { _ in 0.5 })
    #expect(try Files.entries(folder.path + "/g").filter { $0.hasPrefix("grid.json") } == ["grid.json"])
    try folder.write("h/grid.json.txt", "mine")
    #expect(throws: GridError.outputNotEmpty(path: folder.path + "/h")) {
      try run(axes([("seed", ["1"])]), in: folder.path + "/h", options(), FakeLauncher { _ in 0.5 })
    }
  }

  /// A record of a newer program is refused, and one that says anything crashes nothing.
  @Test func recordsOfOthers() throws {
    let folder = try TemporaryFolder()
    let axes = try axes([("seed", ["1", "2"])])
    _ = try run(axes, in: folder.path + "/g", options(), FakeLauncher { _ in 0.5 })
    let path = folder.path + "/g/grid.json"
    let text = String(decoding: try Files.read(path), as: UTF8.self)
    let newer = text.replacingOccurrences(of: "\"schema_version\": 2", with: "\"schema_version\": 9")
    #expect(newer != text)
    try Files.writeAtomically(path, Array(newer.utf8))
    #expect { try run(axes, in: folder.path + "/g", options(), FakeLauncher { _ in 0.5 }) } throws: { error in
      (error as? GridError)?.message.contains("version 9") == true
    }
    #expect(try Files.read(path) == Array(newer.utf8))
    let hostile = text.replacingOccurrences(of: "\"attempts\": 1", with: "\"attempts\": 9223372036854775807")
    #expect(hostile != text)
    try Files.writeAtomically(path, Array(hostile.utf8))
    try Files.remove(folder.path + "/g/cola-adamw-seed1/results.json")
    let again = try run(axes, in: folder.path + "/g", options(), FakeLauncher { _ in 0.5 })
    #expect(again.outcomes.allSatisfy { $0.status == .completed })
  }

  /// What the display is told: every cell is waiting, running or ended, from none ended to all.
  @Test func progress() throws {
    final class Follower: GridObserver {
      var told: [GridProgress] = []
      func note(_ text: String) {}
      func started(_ cell: GridCell, number: Int, of total: Int) {}
      func ended(_ cell: GridCell, _ outcome: CellOutcome, seconds: Double) {}
      func progressed(_ progress: GridProgress) { told.append(progress) }
    }
    let folder = try TemporaryFolder()
    let launcher = FakeLauncher(diverging: ["cola-adamw-lr0.1-seed1"], polls: 2) { $0.contains("lr0.01-") ? 0.5 : 0.25 }
    let follower = Follower()
    let grid = try Grid.prepare(
      try axes([("learning_rate", ["1e-3", "1e-2", "1e-1"]), ("seed", ["1"])]), output: folder.path + "/g",
      options: options(jobs: 2), launcher: launcher, command: [], observer: follower)
    #expect(try grid.execute())
    let first = try #require(follower.told.first)
    #expect(first.total == 3 && first.ended == 0 && first.secondsLeft == nil && first.winners.isEmpty)
    #expect(first.running.map(\.name) == ["cola-adamw-lr0.001-seed1", "cola-adamw-lr0.01-seed1"])
    #expect(first.running.allSatisfy { $0.step == nil && $0.seconds >= 0 })
    for (before, after) in zip(follower.told, follower.told.dropFirst()) {
      #expect(before.ended <= after.ended && after.ended + after.running.count <= 3 && after.running.count <= 2)
    }
    let last = try #require(follower.told.last)
    #expect(last.ended == 3 && last.running.isEmpty && last.secondsLeft == 0)
    #expect(last.others.filter { $0.count > 0 }.map(\.status) == [.diverged])
    #expect(last.winners.map(\.learningRate) == [0.01])
  }

  /// The best rate at the edge is told, and `extends` goes on by the ratio there until the best is inside.
  @Test func edges() throws {
    let folder = try TemporaryFolder()
    let axes = try axes([("learning_rate", ["1e-4", "1e-3"]), ("seed", ["1", "2"])])
    // The best rate is 0.1 with both seeds.
    let score: @Sendable (String) -> Double? = { name in
      name.contains("lr0.1-") ? 0.9 : name.contains("lr0.01-") ? 0.5 : name.contains("lr0.001-") ? 0.3 : 0.2
    }
    _ = try run(axes, in: folder.path + "/told", GridOptions(), FakeLauncher(score: score))
    func winner(_ name: String) throws -> JSON {
      try #require(try JSON.parse(Files.read(folder.path + "/\(name)/grid.json"))["winners"]?.array?.first)
    }
    #expect(try winner("told")["edge"]?.string == "highest")

    let grid = try run(axes, in: folder.path + "/on", options(extends: true), FakeLauncher(score: score))
    #expect(
      grid.cells.dropFirst(4).map(\.name) == [
        "cola-adamw-lr0.01-seed1", "cola-adamw-lr0.01-seed2", "cola-adamw-lr0.1-seed1", "cola-adamw-lr0.1-seed2",
        "cola-adamw-lr1.0-seed1", "cola-adamw-lr1.0-seed2",
      ])
    #expect(grid.summary.winners.map(\.learningRate) == [0.1])
    #expect(try winner("on")["edge"] == .null)
    #expect(
      try cells(folder.path + "/on").map { $0["extended"]?.bool } == Array(repeating: false, count: 4)
        + Array(repeating: true, count: 6))
    // Started again, with or without going on, the added cells are kept and nothing runs.
    for extends in [true, false] {
      let again = FakeLauncher(score: score)
      #expect(try run(axes, in: folder.path + "/on", options(extends: extends), again).cells.count == 10)
      #expect(again.log.started.isEmpty)
    }
  }

  /// At most four rates are added on a side; one rate alone has no ratio.
  @Test func extensionEnds() throws {
    let folder = try TemporaryFolder()
    let axes = try axes([("learning_rate", ["1e-3", "2e-3", "4e-3"])])
    let falling = try run(
      axes, in: folder.path + "/low", options(extends: true),
      FakeLauncher { name in
        name.firstRange(of: /lr[0-9.e-]+-/).flatMap { Double(name[$0].dropFirst(2).dropLast()) }.map { 1 - $0 }
      })
    #expect(
      falling.cells.dropFirst(3).map { $0.setting("learning_rate") } == ["0.0005", "0.00025", "0.000125", "6.25e-05"])
    #expect {
      _ = try run(
        try self.axes([("learning_rate", ["1e-3"])]), in: folder.path + "/one", options(extends: true),
        FakeLauncher { _ in 1 })
    } throws: { ($0 as? GridError)?.message.contains("two learning rates") == true }
    #expect(!Files.exists(folder.path + "/one"))
  }

  /// The median rule cuts the same cells for any number of jobs; a cut cell wins nothing and is not run again.
  @Test func median() throws {
    let folder = try TemporaryFolder()
    let rates = ["1e-5", "1e-4", "1e-3", "1e-2", "1e-1"]
    var axes = try axes([("learning_rate", rates), ("seed", ["1", "2"])])
    axes.setFixed("threads", "1")
    // The fourth rate starts badly and would end best; the fifth is bad from the second evaluation on.
    let history: @Sendable (String) -> [(step: Int, score: Double)] = { name in
      let scores: [Double] =
        name.contains("lr0.01-")
        ? [0.05, 0.1, 0.95]
        : name.contains("lr0.1-")
          ? [0.3, 0.3, 0.3]
          : name.contains("lr0.001-")
            ? [0.3, 0.5, 0.7] : name.contains("lr0.0001-") ? [0.2, 0.4, 0.6] : [0.1, 0.35, 0.5]
      return scores.enumerated().map { (10 * ($0 + 1), $1) }
    }
    var found: [[JSON?]] = []
    for jobs in [1, 2, 5] {
      let path = folder.path + "/\(jobs)"
      let launcher = FakeLauncher(polls: 2, history: history) { history($0).last?.score }
      let grid = try run(axes, in: path, options(jobs: jobs, stop: .median), launcher)
      let stopped = zip(grid.cells, grid.outcomes).filter { $1.status == .cut }.map(\.0.name)
      #expect(
        stopped == [
          "cola-adamw-lr0.01-seed1", "cola-adamw-lr0.1-seed1", "cola-adamw-lr1e-05-seed2", "cola-adamw-lr0.01-seed2",
          "cola-adamw-lr0.1-seed2",
        ])
      #expect(grid.summary.winners.map(\.learningRate) == [0.001])
      let first = try #require(try cells(path).first { $0["name"]?.string == "cola-adamw-lr0.01-seed1" })
      #expect(first["stop"]?["rule"]?.string == "median" && first["stop"]?["step"]?.integer == 10)
      #expect(first["stop"]?["score"]?.double == 0.05 && first["stop"]?["bar"]?.double == 0.2)
      #expect(first["reason"]?.string?.contains("median of 3 cells") == true)
      found.append(try cells(path).flatMap { [$0["name"], $0["status"], $0["stop"], $0["metrics"]] })
      let again = FakeLauncher(history: history) { history($0).last?.score }
      _ = try run(axes, in: path, options(stop: .median), again)
      #expect(again.log.started.isEmpty)
      #expect { _ = try run(axes, in: path, options(), again) } throws: {
        ($0 as? GridError)?.message.contains("--stop was median") == true
      }
    }
    #expect(found[0] == found[1] && found[1] == found[2])
  }

  /// What the status says of a finished grid, one that was killed, and a folder without a grid. It writes nothing.
  @Test func status() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/g"
    let launcher = FakeLauncher(diverging: ["cola-adamw-seed2"], crashes: ["cola-adamw-seed3": [64]]) { _ in 0.5 }
    let grid = try Grid.prepare(
      try axes([("seed", ["1", "2", "3"])]), output: path, launcher: launcher, command: [], observer: Silence())
    #expect(try grid.execute())
    let before = try FileManager.default.subpathsOfDirectory(atPath: path).sorted()
    let status = try GridStatus(path)
    #expect(status.cells.map(\.state) == [.completed, .diverged, .failed] && status.isRunning)
    #expect(status.cells[0].score == 0.5 && status.winners.count == 1)
    #expect(try FileManager.default.subpathsOfDirectory(atPath: path).sorted() == before)
    withExtendedLifetime(grid) {}
    #expect(throws: GridError.noGrid(path: folder.path)) { _ = try GridStatus(folder.path) }
    #expect(throws: FileError.missing(path: path + "x")) { _ = try GridStatus(path + "x") }

    // As a grid that was killed leaves it: a cell is said to run, and nobody runs it.
    let text = String(decoding: try Files.read(path + "/grid.json"), as: UTF8.self)
    let killed = text.replacing("\"status\": \"failed\"", with: "\"status\": \"running\"")
    try #require(killed != text)
    let copy = folder.path + "/killed"
    try Files.makeFolders(copy)
    try Files.writeAtomically(copy + "/grid.json", Array(killed.utf8))
    let dead = try GridStatus(copy)
    #expect(!dead.isRunning && dead.count(.running) == 0 && dead.cells[2].state == .interrupted)
    // Started again, it says the same of that cell until it runs; and version 1 called a cut cell stopped.
    let cut = """
      "status": "stopped", "stop": {"rule": "median", "step": 1, "score": 0.1, "bar": 0.2, "others": 3}
      """
    let old = text.replacing("\"status\": \"failed\"", with: cut)
      .replacing("\"schema_version\": 2", with: "\"schema_version\": 1")
    try Files.writeAtomically(copy + "/grid.json", Array(old.utf8))
    let first = try GridStatus(copy + "/grid.json")
    #expect(first.path == copy && first.cells[2].state == .cut && first.cells[2].reason?.hasPrefix("median: ") == true)
  }

  /// A forecast writes nothing, plans memory, and takes times from cells that have completed.
  @Test func forecast() throws {
    let folder = try TemporaryFolder()
    let axes = try axes([("optimizer", ["adamw", "fira"]), ("seed", ["1", "2"])])
    let new = try GridForecast(axes, output: folder.path + "/g", options(jobs: 2))
    #expect(!Files.exists(folder.path + "/g") && new.cells.count == 4 && new.seconds == nil)
    #expect(new.cells.allSatisfy { ($0.plannedBytes ?? 0) > 1 << 20 && $0.seconds == nil })
    let launcher = FakeLauncher(crashes: ["cola-adamw-seed2": [64], "cola-fira-seed2": [64]]) { _ in 0.5 }
    _ = try run(axes, in: folder.path + "/g", GridOptions(), launcher)
    let before = try Files.read(folder.path + "/g/grid.json")
    let rest = try GridForecast(axes, output: folder.path + "/g", options(jobs: 2))
    #expect(rest.cells.map(\.outcome.status.isFinal) == [true, true, false, false])
    #expect(rest.cells.allSatisfy { $0.seconds != nil } && rest.seconds != nil)
    #expect(try Files.read(folder.path + "/g/grid.json") == before)
  }
}
