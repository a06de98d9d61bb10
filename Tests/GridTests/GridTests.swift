import Foundation
import Grid
import Results
import Support
import TestSupport
import Testing

@Suite struct GridTests {
  private let cola = SharedData.packageRoot + "/tasks/cola/task.yaml"

  private func axes(_ pairs: [(String, [String])]) throws -> GridAxes {
    var axes = GridAxes()
    try axes.setAxis("task", [cola], origin: "test")
    for (key, values) in pairs { try axes.setAxis(key, values, origin: "test") }
    return axes
  }

  /// Order: seed, task, optimizer, rate, the rest; an option makes cells of its own optimizer only.
  @Test func cells() throws {
    let axes = try axes([
      ("seed", ["1", "2"]), ("optimizer_option.fira.rank", ["4", "8"]), ("optimizer", ["adamw", "fira"]),
      ("learning_rate", ["1e-3"]),
    ])
    #expect(
      try axes.cells().map(\.name) == [
        "cola-adamw-lr0.001-seed1", "cola-fira-lr0.001-rank-4-seed1", "cola-fira-lr0.001-rank-8-seed1",
        "cola-adamw-lr0.001-seed2", "cola-fira-lr0.001-rank-4-seed2", "cola-fira-lr0.001-rank-8-seed2",
      ])
    let last = try #require(try axes.cells().last)
    #expect(
      last.arguments(output: "o") == [
        "run", "--seed", "2", "--task", cola, "--optimizer", "fira", "--learning-rate", "0.001", "-O", "rank=8",
        "--output", "o",
      ])
  }

  @Test func flagsAndFixedSettings() throws {
    var axes = try axes([("no_shuffle", ["true", "false"])])
    axes.setFixed("epochs", "2")
    axes.setFixed("quiet", "true")
    axes.setOption("adamw.beta1", "0.8")
    let cells = try axes.cells()
    #expect(cells.map(\.name) == ["cola-adamw-no-shuffle-true-seed42", "cola-adamw-no-shuffle-false-seed42"])
    #expect(
      cells[0].arguments(output: "o").dropFirst(3) == [
        "--no-shuffle", "--epochs", "2", "-O", "beta1=0.8", "--output", "o",
      ])
    #expect(!cells[1].arguments(output: "o").contains("--no-shuffle"))
  }

  /// An option that not every optimizer has needs the name of its own in front, and the message says so.
  @Test func anOptionOfOneOptimizer() throws {
    var axes = try axes([("optimizer", ["adamw", "fira"])])
    axes.setOption("rank", "8")
    let fault = #expect(throws: GridError.self) { try axes.cells() }
    #expect(fault?.message.contains("fira.rank") == true)
    var unknown = try self.axes([("optimizer", ["adamw", "fira"])])
    unknown.setOption("ranks", "8")
    #expect(throws: (any Error).self) { try unknown.cells() }
  }

  /// Mean and sample standard deviation over seeds; a rate at which a seed diverged does not win.
  @Test func winners() throws {
    let folder = try TemporaryFolder()
    let scores: [String: Double] = [
      "cola-adamw-lr0.001-seed1": 0.2, "cola-adamw-lr0.001-seed2": 0.4, "cola-adamw-lr0.01-seed1": 0.9,
      "cola-fira-lr0.001-seed1": 0.5, "cola-fira-lr0.001-seed2": 0.1, "cola-fira-lr0.01-seed1": 0.4,
      "cola-fira-lr0.01-seed2": 0.3,
    ]
    let axes = try axes([
      ("optimizer", ["adamw", "fira"]), ("learning_rate", ["1e-3", "1e-2"]), ("seed", ["1", "2"]),
    ])
    let grid = try Grid.prepare(
      axes, output: folder.path + "/g", launcher: FakeLauncher { scores[$0] }, command: [], observer: Silence())
    #expect(try grid.execute())
    let winners = grid.summary.winners
    #expect(winners.map(\.optimizer) == ["adamw", "fira"] && winners.map(\.learningRate) == [0.001, 0.01])
    #expect(abs(winners[0].mean - 0.3) < 1e-12 && abs(winners[1].mean - 0.35) < 1e-12)
    // Of 0.2 and 0.4: 0.1·√2.
    #expect(abs((winners[0].standardDeviation ?? 0) - 0.1 * 2.0.squareRoot()) < 1e-12)
    let diverging = try #require(grid.summary.groups.first { $0.diverged == 1 })
    #expect(diverging.learningRate == 0.01 && diverging.seeds == ["1"] && diverging.standardDeviation == nil)
    let json = try JSON.parse(Files.read(folder.path + "/g/grid.json"))
    #expect(json["cells"]?.array?.count { $0["status"]?.string == "diverged" } == 1)
  }

  /// Rates that have no effect are said to have none: Adafactor's relative step takes its own.
  @Test func ratesWithoutEffect() throws {
    let folder = try TemporaryFolder()
    for (name, rates, isNoted) in [("one", ["1e-3"], false), ("two", ["1e-3", "1e-2"], true)] {
      var axes = try axes([("optimizer", ["adamw", "adafactor"]), ("learning_rate", rates)])
      axes.setOption("adafactor.relative-step", "true")
      let observer = Silence()
      let grid = try Grid.prepare(
        axes, output: folder.path + "/" + name, launcher: FakeLauncher { _ in 0.5 }, command: [], observer: observer)
      #expect(try grid.execute())
      #expect(observer.notes.count { $0.contains("no effect") } == (isNoted ? 1 : 0), "\(observer.notes)")
      // Nor is one of them the best of several.
      let others = observer.notes.filter { !$0.hasPrefix("adafactor with relative-step") }
      #expect(others.allSatisfy { $0.contains(" adamw: the best rate") }, "\(others)")
    }
  }

  /// Where less is better, the winner has the least.
  @Test func theLeastLossWins() throws {
    let folder = try TemporaryFolder()
    let axes = try axes([("learning_rate", ["1e-3", "1e-2", "1e-1"])])
    let scores = ["cola-adamw-lr0.001-seed42": 3.0, "cola-adamw-lr0.01-seed42": 2, "cola-adamw-lr0.1-seed42": 4]
    let grid = try Grid.prepare(
      axes, output: folder.path + "/g", launcher: FakeLauncher(isHigherBetter: false) { scores[$0] }, command: [],
      observer: Silence())
    #expect(try grid.execute())
    #expect(grid.summary.winners.map(\.mean) == [2])
  }

  /// `grid.svg` has a mark for each mean: rates from left to right, higher scores further up, one colour an optimizer.
  @Test func chart() throws {
    let folder = try TemporaryFolder()
    let axes = try axes([("optimizer", ["adamw", "fira"]), ("learning_rate", ["1e-2", "1e-4", "1e-3"])])
    let grid = try Grid.prepare(
      axes, output: folder.path + "/g",
      launcher: FakeLauncher { name in name.contains("adamw") ? (name.contains("lr0.001") ? 0.5 : 0.1) : 0.3 },
      command: [], observer: Silence())
    #expect(try grid.execute())
    let svg = String(decoding: try Files.read(folder.path + "/g/grid.svg"), as: UTF8.self)
    #expect(svg.contains(">adamw<") && svg.contains(">fira<") && svg.contains("matthews correlation"))
    #expect(svg.ranges(of: "<polygon").count == 3 + 1, "Fira's three means, and its mark in the legend")
    let marks = svg.matches(of: /<circle cx="([0-9.]+)" cy="([0-9.]+)"/).compactMap { match in
      Double(match.1).flatMap { x in Double(match.2).map { (x: x, y: $0) } }
    }
    try #require(marks.count == 3 + 1)
    #expect(marks[0].x < marks[1].x && marks[1].x < marks[2].x)
    #expect(marks[1].y < marks[0].y && abs(marks[0].y - marks[2].y) < 1e-9)
  }

  /// Of equal means the first stays; a cell that diverged after a good evaluation is not ranked by it.
  @Test func equalMeansAndLateDivergence() throws {
    let folder = try TemporaryFolder()
    let axes = try axes([("learning_rate", ["1e-3", "1e-2", "1e-1"])])
    let grid = try Grid.prepare(
      axes, output: folder.path + "/g",
      launcher: FakeLauncher(diverging: ["cola-adamw-lr0.1-seed42"]) { $0.contains("lr0.1-") ? 0.9 : 0.5 }, command: [],
      observer: Silence())
    #expect(try grid.execute())
    #expect(grid.summary.winners.map(\.learningRate) == [0.001])
    #expect(grid.summary.groups.map(\.mean) == [0.5, 0.5])
  }

  /// A record that cannot be read, such as a newer program's, is no reason to run its cell over it.
  @Test func aRecordThatCannotBeReadIsKept() throws {
    let folder = try TemporaryFolder()
    let axes = try axes([("seed", ["1"])])
    func make() throws -> Grid {
      try Grid.prepare(
        axes, output: folder.path + "/g", launcher: FakeLauncher { _ in 0.5 }, command: [], observer: Silence())
    }
    #expect(try make().execute())
    let path = folder.path + "/g/cola-adamw-seed1/results.json"
    let newer = String(decoding: try Files.read(path), as: UTF8.self)
      .replacing("\"schema_version\": 2", with: "\"schema_version\": 3")
    try Files.writeAtomically(path, Array(newer.utf8))
    #expect { _ = try make() } throws: { ($0 as? GridError)?.message.contains("schema_version") == true }
    #expect(try Files.read(path) == Array(newer.utf8))
  }

  /// Options in snake case and in kebab case are one option.
  @Test func optionsAreNamedAlike() throws {
    var axes = try axes([("optimizer", ["fira"]), ("optimizer_option.update_gap", ["100", "200"])])
    axes.setOption("update-gap", "5")
    #expect(try axes.cells().map(\.options.description) == ["[(key: \"update-gap\", value: \"5\")]"])
  }

  /// A failed cell is not kept: the same grid runs it again.
  @Test func failedCellsRunAgain() throws {
    let folder = try TemporaryFolder()
    let axes = try axes([("seed", ["1", "2"])])
    func run(failing: Set<String>) throws -> (status: Int32?, seeds: [String]) {
      let grid = try Grid.prepare(
        axes, output: folder.path + "/g", launcher: FakeLauncher(failing: failing) { _ in 0.5 }, command: [],
        observer: Silence())
      #expect(try grid.execute())
      return (grid.failureStatus, grid.summary.groups.flatMap(\.seeds))
    }
    let first = try run(failing: ["cola-adamw-seed2"])
    #expect(first.status == 70 && first.seeds == ["1"])
    let second = try run(failing: [])
    #expect(second.status == nil && second.seeds == ["1", "2"])
  }

  /// A rate at which every model predicts one class is no winner, whatever the others score.
  @Test func collapsedRatesWinNothing() throws {
    let folder = try TemporaryFolder()
    let axes = try axes([("learning_rate", ["1e-3", "1e-2"]), ("seed", ["1"])])
    for (scores, winner) in [([0.0, -0.1], -0.1), ([0.0, 0.0], nil)] as [([Double], Double?)] {
      let output = folder.path + "/\(winner == nil)"
      let grid = try Grid.prepare(
        axes, output: output, launcher: FakeLauncher { $0.contains("0.001") ? scores[0] : scores[1] }, command: [],
        observer: Silence())
      #expect(try grid.execute())
      #expect(grid.summary.winners.first?.mean == winner)
    }
  }

  /// Two grids cannot run in one folder.
  @Test func lock() throws {
    let folder = try TemporaryFolder()
    let axes = try axes([("seed", ["1"])])
    func make() throws -> Grid {
      try Grid.prepare(
        axes, output: folder.path + "/g", launcher: FakeLauncher { _ in 0 }, command: [], observer: Silence())
    }
    let first = try make()
    #expect(throws: GridError.locked(path: folder.path + "/g", by: FolderClaim.thisProcess)) { _ = try make() }
    withExtendedLifetime(first) {}
  }

  @Test func file() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "g.yaml",
      "tasks: [\(cola)]\nlearning_rates: [1e-3, 3e-3]\nepochs: 2\noptimizer: fira\noptimizer_option: {rank: [2, 4]}")
    let cells = try GridFile.read(path).cells()
    #expect(cells.count == 4 && cells.allSatisfy { $0.setting("epochs") == "2" })
    for (text, expected) in [
      ("tasks: [a]\ntask: b", "given twice"), ("nope: 1", "unknown key nope"), ("seeds: []", "empty"),
      ("seeds: [[1]]", "list or map"), ("seeds: {a: 1}", "a map"), ("optimizer_option: 3", "keys and values"),
      ("tasks: [a]\noutput: o", "bad.yaml:2: unknown key output"), ("batch_size: [8, abc]", "bad.yaml:1"),
      ("force: banana", "bad.yaml:1"),
    ] {
      let bad = try folder.write("bad.yaml", text)
      #expect { try GridFile.read(bad) } throws: { error in
        (error as? any UserError)?.message.contains(expected) == true
      }
    }
  }
}
