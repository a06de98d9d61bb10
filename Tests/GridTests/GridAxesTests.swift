import Foundation
import Grid
import Support
import TestSupport
import Testing
import Training

/// What users write for the values of an axis.
@Suite struct GridAxesTests {
  private func values(_ key: String, _ text: String) throws -> [String] {
    var axes = GridAxes()
    try axes.setAxis(assignment: "\(key)=\(text)", beside: RunSettings())
    return try #require(axes.axes.first).values
  }

  /// Reference: `numpy.geomspace(1e-6, 1e-3, 7)` is 1e-6, 3.1623e-6, 1e-5, 3.1623e-5, 1e-4, 3.1623e-4, 1e-3.
  @Test(arguments: [
    ("learning_rate", "1e-6..1e-3/7", ["1e-06", "3.16e-06", "1e-05", "3.16e-05", "0.0001", "0.000316", "0.001"]),
    ("learning-rates", "1e-3,1e-5..1e-4/2", ["0.001", "1e-05", "0.0001"]),
    ("weight_decay", "0.01..0.1/3", ["0.01", "0.0316", "0.1"]),
    // `numpy.geomspace(1, 8, 7)`: 1, 1.41, 2, 2.83, 4, 5.66, 8.
    ("batch-size", "1..8/7", ["1", "2", "3", "4", "6", "8"]), ("seed", "1..5", ["1", "2", "3", "4", "5"]),
    ("seeds", "0..2,7", ["0", "1", "2", "7"]), ("seed", "1..9/3", ["1", "3", "9"]),
    ("fira.rank", "3..5", ["3", "4", "5"]),
    ("seed", "18446744073709551614..18446744073709551615", ["18446744073709551614", "18446744073709551615"]),
    ("max_steps", "100..1000/2", ["100", "1000"]),
    ("fira.rank", "4..64/5", ["4", "8", "16", "32", "64"]),
    ("optimizer_option.beta1", "0.8..0.9/2", ["0.8", "0.9"]),
    ("optimizer-option.fira.update-gap", "50,100", ["50", "100"]),
    ("schedule", "linear, cosine", ["linear", "cosine"]), ("model", "../a..b/3", ["../a..b/3"]),
  ]) func valuesOfAnAxis(_ key: String, _ text: String, expected: [String]) throws {
    #expect(try values(key, text) == expected)
  }

  @Test(arguments: [
    ("learning_rate", "1e-3..1e-6/4", "lower end first"), ("learning_rate", "1e-3..1e-3/4", "lower end first"),
    ("learning_rate", "0..1/5", "above 0"), ("learning_rate", "-1..1/5", "above 0"),
    ("learning_rate", "1e-6..1e-3/0", "from 2 to 100"), ("learning_rate", "1e-6..1e-3/1", "from 2 to 100"),
    ("learning_rate", "1e-6..1e-3/100000", "from 2 to 100"), ("learning_rate", "1e-6..1e-3/x", "from 2 to 100"),
    ("learning_rate", "nan..1/5", "no range"), ("learning_rate", "1..inf/5", "no range"),
    ("learning_rate", "1e-6..1e-3", "no range"), ("learning_rate", "1..2..3/4", "no range"),
    ("learning_rate", "1e-3..1.001e-3/9", "rounded to three digits"), ("learning_rate", "1e-4,0.0001", "given twice"),
    ("learning_rate", "", "--axis learning_rate"), ("batch_size", "1.5..8/3", "whole numbers"),
    ("batch_size", "8,x", "found \"x\""), ("seed", "5..1", "lower end first"), ("seed", "3..3", "lower end first"),
    ("seed", "0..100", "more than 100 values"), ("seed", "0..18446744073709551615", "more than 100 values"),
    ("seed", "1..x", "no range of whole numbers"), ("seed", "1..2..3", "no range of whole numbers"),
    ("seed", "-1..3", "no range of whole numbers"), ("seed", "0..9/3", "above 0"), ("seed", "1..3,2", "given twice"),
    ("nope", "1", "unknown key nope"),
    ("output", "a,b", "unknown key output"), ("force", "true", "unknown key force"),
  ]) func faults(_ key: String, _ text: String, expected: String) {
    #expect { _ = try values(key, text) } throws: { error in
      (error as? any UserError).map { $0.message.contains(expected) && $0.exitStatus == .usage } == true
    }
  }

  @Test(arguments: ["learning_rate", "=1", ""]) func noAssignment(_ text: String) {
    var axes = GridAxes()
    #expect { try axes.setAxis(assignment: text, beside: RunSettings()) } throws: { error in
      (error as? GridError)?.message.contains("KEY=VALUES") == true
    }
  }

  private static let cola = SharedData.packageRoot + "/tasks/cola/task.yaml"
  private static let mrpc = SharedData.packageRoot + "/tasks/mrpc/task.yaml"

  private func axes(_ optimizers: [String], tasks: [String] = [cola]) throws -> GridAxes {
    var axes = GridAxes()
    try axes.setAxis("task", tasks, origin: "test")
    try axes.setAxis("optimizer", optimizers, origin: "test")
    return axes
  }

  /// Rates of one optimizer take the place of those for all; one that is left out has its preset.
  @Test func ratesOfOneOptimizer() throws {
    var axes = try axes(["adamw", "fira"])
    try axes.setRates(["1e-5,1e-4", "fira:1e-3..1e-2/2"], flag: "--learning-rates", beside: RunSettings())
    #expect(
      try axes.cells().map(\.name) == [
        "cola-adamw-lr1e-05-seed42", "cola-adamw-lr0.0001-seed42", "cola-fira-lr0.001-seed42",
        "cola-fira-lr0.01-seed42",
      ])
    var alone = try self.axes(["adamw", "fira"])
    try alone.setRates(["fira:1e-3"], flag: "--learning-rates", beside: RunSettings())
    #expect(try alone.cells().map(\.name) == ["cola-adamw-seed42", "cola-fira-lr0.001-seed42"])
    var stranger = try self.axes(["adamw"])
    try stranger.setRates(["fira:1e-3"], flag: "--learning-rates", beside: RunSettings())
    #expect { try stranger.cells() } throws: { ($0 as? GridError)?.message.contains("no optimizer fira") == true }
    for texts in [["1e-3", "1e-4"], ["fira:1e-3", "fira:1e-4"], ["fira:"]] {
      var axes = try self.axes(["fira"])
      #expect(throws: GridError.self) { try axes.setRates(texts, flag: "--learning-rates", beside: RunSettings()) }
    }
  }

  /// The same in a file, and data for each task.
  @Test func mapsInAFile() throws {
    let folder = try TemporaryFolder()
    let (cola, mrpc) = (SharedData.packageRoot + "/tasks/cola/sample", SharedData.packageRoot + "/tasks/mrpc/sample")
    let path = try folder.write(
      "g.yaml",
      """
      tasks: [\(GridAxesTests.cola), \(GridAxesTests.mrpc)]
      data: {cola: \(cola), mrpc: \(mrpc)}
      optimizers: [adamw, fira]
      learning_rates: {adamw: 1e-5..1e-3/3, fira: [1e-3]}
      batch_size: 8..32/3
      seeds: 1..2
      """)
    let cells = try GridFile.read(path).cells()
    #expect(cells.count == 2 * 4 * 3 * 2 && Set(cells.map(\.seed)) == ["1", "2"])
    #expect(Set(cells.map { $0.setting("data") }) == ["cola=\(cola)", "mrpc=\(mrpc)"])
    #expect(cells.allSatisfy { $0.setting("data")?.hasPrefix($0.name.prefix(4)) == true })
    #expect(cells.prefix(3).map { $0.setting("batch_size") } == ["8", "16", "32"])
    for (text, expected) in [
      ("learning_rates: {adamw: 1e-3..1e-5/3}", "lower end first"), ("learning_rates: {adamw: []}", "empty value"),
      ("learning_rates: {adamw: x}", "found \"x\""), ("data: {cola: [a, b]}", "one value"),
      ("seeds: {a: 1}", "a map"), ("batch_size: 1..2/x", "from 2 to 100"),
    ] {
      let bad = try folder.write("bad.yaml", text)
      #expect { try GridFile.read(bad) } throws: { error in
        (error as? any UserError)?.message.contains(expected) == true
      }
    }
  }

  /// Settings of one task take the place of those of all, and of those that exclude them.
  @Test func settingsOfOneTask() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "g.yaml",
      """
      tasks: [\(GridAxesTests.cola), \(GridAxesTests.mrpc)]
      train_limit: {mrpc: 4}
      max_steps: {cola: 7}
      epochs: 2
      """)
    let cells = try GridFile.read(path).cells()
    #expect(cells.map { $0.setting("train_limit") } == [nil, "4"])
    #expect(cells.map { $0.setting("max_steps") } == ["7", nil])
    #expect(cells.map { $0.setting("epochs") } == [nil, "2"])
    #expect(cells.map(\.name) == ["cola-adamw-seed42", "mrpc-adamw-seed42"])
    for (text, expected) in [
      ("train_limit: {cola: 0}", "train_limit"), ("train_limit: {cola: [1, 2]}", "one value"),
      ("train_limit: {cola: 1, \(GridAxesTests.cola): 2}", "given twice"), ("train_limit: {sst2: 4}", "no task sst2"),
      ("force: {cola: true}", "a map"), ("checkpoint_every: [10, 20]", "one value for all cells"),
    ] {
      let bad = try folder.write("bad.yaml", "task: \(GridAxesTests.cola)\n\(text)")
      #expect { try GridFile.read(bad).cells() } throws: { error in
        (error as? any UserError)?.message.contains(expected) == true
      }
    }
  }

  /// Flags may choose some of the tasks and optimizers that a file has settings for.
  @Test func someOfAFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "g.yaml",
      """
      tasks: [\(GridAxesTests.cola), \(GridAxesTests.mrpc)]
      optimizers: [adamw, fira]
      learning_rates: {adamw: [1e-4], fira: [1e-3]}
      batch_size: {cola: 16, mrpc: 8}
      """)
    var axes = try GridFile.read(path)
    try axes.setAxis("task", flag: "--tasks", GridAxesTests.cola, beside: RunSettings())
    try axes.setAxis("optimizer", flag: "--optimizers", "fira", beside: RunSettings())
    let cells = try axes.cells()
    #expect(cells.map { $0.setting("learning_rate") } == ["0.001"] && cells[0].setting("batch_size") == "16")
  }

  /// Settings that belong together, each part with one seed before any with the next.
  @Test func parts() throws {
    let folder = try TemporaryFolder()
    let text = """
      tasks: [\(GridAxesTests.cola)]
      seeds: [1, 2]
      learning_rate: 1e-4
      method_option: {lora.rank: 4, prefix.length: 3}
      arms:
        - {optimizer: fira, learning_rate: [1e-3, 1e-2], optimizer_option: {rank: 4}}
        - {method: lora, method_option: {rank: 2, targets: [query, key]}}
        - {method: lora}
        - {method: [prefix, ia3], learning_rate: 1e-2, method_option: {prefix.length: 5}}
      """
    let path = try folder.write("g.yaml", text)
    let cells = try GridFile.read(path).cells()
    #expect(cells.count == 2 * (2 + 1 + 1 + 2) && Set(cells.map(\.name)).count == cells.count)
    #expect(cells.map(\.seed) == Array(repeating: "1", count: 6) + Array(repeating: "2", count: 6))
    let first = cells.prefix(6)
    #expect(first.map(\.optimizer) == ["fira", "fira", "adamw", "adamw", "adamw", "adamw"])
    #expect(first.map { $0.setting("learning_rate") } == ["0.001", "0.01", "0.0001", "0.0001", "0.01", "0.01"])
    #expect(first.map { $0.setting("method") } == [nil, nil, "lora", "lora", "prefix", "ia3"])
    #expect(
      first.map { $0.setting("method_option") } == [nil, nil, "rank=2 targets=query,key", "rank=4", "length=5", nil])
    #expect(first.map { $0.options.map(\.value) } == [["4"], ["4"], [], [], [], []])
    var axes = try GridFile.read(path)
    #expect(throws: GridError.self) {
      try axes.setRates(["1e-5"], flag: "--learning-rates", beside: RunSettings())
    }
    for (arms, expected) in [
      ("{method: lora}", "a list"), ("[]", "a list"), ("[{}]", "a list"), ("[{metod: lora}]", "metod"),
      ("[{method: lora, method_option: {rank: 0}}]", "rank"), ("[{learning_rate: []}]", "empty value"),
      ("[{method: lora, method_option: {prefix.length: 3}}]", "no such method"), ("[{force: true}]", "force"),
      ("[{method: nothing}]", "nothing"), ("[{seed: 1, seeds: [2]}]", "given twice"),
    ] {
      let bad = try folder.write("bad.yaml", "task: \(GridAxesTests.cola)\narms: \(arms)")
      #expect("\(arms)") { try GridFile.read(bad).cells() } throws: { error in
        (error as? any UserError)?.message.contains(expected) == true
      }
    }
  }

  @Test func dataOfEachTask() throws {
    let (cola, mrpc) = (SharedData.packageRoot + "/tasks/cola/sample", SharedData.packageRoot + "/tasks/mrpc/sample")
    var axes = try axes(["adamw"], tasks: [GridAxesTests.cola, GridAxesTests.mrpc])
    try axes.setData(["cola=\(cola)", mrpc])
    #expect(try axes.cells().map { $0.setting("data") } == ["cola=\(cola)", mrpc])
    for (texts, expected) in [
      (["cola=\(cola)", "cola=\(mrpc)"], "given twice"), ([cola, mrpc], "is given too"),
      (["sst2=\(cola)"], "no task sst2"),
    ] {
      var axes = try self.axes(["adamw"], tasks: [GridAxesTests.cola])
      #expect { try axes.setData(texts) } throws: { ($0 as? GridError)?.message.contains(expected) == true }
    }
  }

  /// Several values of an optimizer's option make an axis; in `run --seeds`, which has no axes, they do not.
  @Test func severalValuesOfAnOption() throws {
    var settings = RunSettings()
    try settings.addOptimizerOption("fira.rank=4,8", origin: "-O")
    var axes = try axes(["adamw", "fira"])
    try axes.setFixed(settings)
    #expect(
      try axes.cells().map(\.name) == ["cola-adamw-seed42", "cola-fira-rank-4-seed42", "cola-fira-rank-8-seed42"])
    var one = GridAxes()
    one.isOneRun = true
    try one.setFixed(settings)
    #expect(one.axes.isEmpty)
  }
}
