import Foundation
import Support
import TestSupport
import Testing

/// The files that the real program writes are as `docs/schemas` says.
@Suite(.serialized) struct SchemaTests {
  private static let bert = SharedData.fixture("models/bert-tiny")

  private static let cola = [
    "--task", "cola", "--model", bert, "--data", SharedData.fixture("data/cola"), "--threads", "1", "--quiet",
  ]

  /// A name for the test's output, the arguments, and the status that the run must end with.
  private static let runs: [(name: String, arguments: [String], status: String)] = [
    (
      "a classification",
      cola + ["--max-steps", "4", "--eval-every", "2", "--class-weights", "balanced", "-O", "eps=1e-7"],
      "completed"
    ),
    ("early stopping", cola + ["--max-steps", "40", "--eval-every", "2", "--early-stopping", "1"], "completed"),
    (
      "a divergence",
      cola + ["--max-steps", "4", "--learning-rate", "1e30", "--gradient-clip", "0", "--warmup-steps", "0"], "diverged"
    ),
    (
      "a regression",
      [
        "--task", "stsb", "--data", SharedData.packageRoot + "/tasks/stsb/sample", "--model", bert, "--max-steps", "2",
        "--eval-limit", "20", "--threads", "1",
      ], "completed"
    ),
    (
      "likelihoods",
      [
        "--task", "arc_easy", "--data", SharedData.packageRoot + "/tasks/arc_easy/sample", "--protocol", "likelihood",
        "--model", SharedData.fixture("models/llama-tiny-lm"), "--max-steps", "1", "--eval-limit", "4", "--threads",
        "1",
      ], "completed"
    ),
    (
      "pretraining",
      [
        "pretrain", "--model", SharedData.fixture("models/llama-tiny-lm"), "--random-init", "--text",
        SharedData.fixture("pretraining.txt"), "--max-steps", "3", "--threads", "1",
      ], "completed"
    ),
  ]

  private func check(_ folder: String, _ status: String) throws {
    let path = folder + "/results.json"
    #expect(try JSONSchema(named: "results").faults(inFile: path) == [])
    #expect(try JSON.parse(Files.read(path))["status"]?.string == status)
    let (schema, lines) = (try JSONSchema(named: "train_log"), try Files.read(folder + "/train_log.jsonl"))
    for line in lines.split(separator: UInt8(ascii: "\n")) { #expect(schema.faults(try JSON.parse(Array(line))) == []) }
  }

  @Test(arguments: runs.indices) func runsThatEndByThemselves(_ index: Int) throws {
    let (folder, run) = (try TemporaryFolder(), SchemaTests.runs[index])
    let outcome = try Program.run(run.arguments + ["--output", "o"], in: folder)
    #expect(outcome.status == (run.status == "completed" ? 0 : 76), "\(run.name): \(outcome.errors)")
    try check(folder.path + "/o", run.status)
  }

  @Test func interrupted() throws {
    let folder = try TemporaryFolder()
    let (process, finish) = try Program.start(
      SchemaTests.cola + ["--max-steps", "1000000", "--eval-every", "1000000", "--save", "none", "--output", "o"],
      in: folder)
    #expect(wait { !process.isRunning || ((try? Files.read(folder.path + "/o/train_log.jsonl").count) ?? 0) > 200 })
    kill(process.processIdentifier, SIGTERM)
    #expect(try finish().status == 75)
    try check(folder.path + "/o", "interrupted")
  }

  @Test func failed() throws {
    let folder = try TemporaryFolder()
    let (_, finish) = try Program.start(
      SchemaTests.cola + ["--max-steps", "400", "--save", "none", "--eval-every", "10000", "--output", "o"], in: folder,
      after: "ulimit -f 40")
    #expect(try finish().status == 74)
    try check(folder.path + "/o", "failed")
  }

  @Test func seedsAndGrids() throws {
    let folder = try TemporaryFolder()
    let short = ["--max-steps", "2", "--eval-limit", "20", "--save", "none"]
    #expect(
      try Program.run(["run", "--seeds", "1,2"] + SchemaTests.cola + short + ["--output", "s"], in: folder).status == 0)
    #expect(try JSONSchema(named: "seeds").faults(inFile: folder.path + "/s/seeds.json") == [])
    #expect(try JSONSchema(named: "grid").faults(inFile: folder.path + "/s/grid.json") == [])

    let grid =
      ["grid", "--tasks", "cola", "--optimizers", "adamw,fira", "--learning-rates", "1e-4,1e30", "--seeds", "1,2"]
      + SchemaTests.cola.dropFirst(2) + short + ["--gradient-clip", "0", "--warmup-steps", "0", "-O", "fira.rank=4"]
    #expect(try Program.run(grid + ["--output", "g"], in: folder).status == 0)
    let path = folder.path + "/g/grid.json"
    #expect(try JSONSchema(named: "grid").faults(inFile: path) == [])
    let json = try JSON.parse(Files.read(path))
    #expect(json["cells"]?.array?.contains { $0["status"]?.string == "diverged" } == true)
    for cell in json["cells"]?.array ?? [] {
      let file = folder.path + "/g/\(cell["name"]?.string ?? "")/results.json"
      #expect(try JSONSchema(named: "results").faults(inFile: file) == [])
    }
  }

  /// A grid that a signal stopped has cells that are pending.
  @Test func aGridThatIsUnfinished() throws {
    let folder = try TemporaryFolder()
    let (process, finish) = try Program.start(
      ["grid", "--tasks", "cola", "--seeds", "1,2"] + SchemaTests.cola.dropFirst(2) + [
        "--max-steps", "1000000", "--eval-every", "1000000", "--output", "g",
      ], in: folder)
    let log = folder.path + "/g/cola-adamw-seed1/train_log.jsonl"
    #expect(wait { !process.isRunning || ((try? Files.read(log).count) ?? 0) > 100 })
    kill(process.processIdentifier, SIGTERM)
    #expect(try finish().status == 75)
    #expect(try JSONSchema(named: "grid").faults(inFile: folder.path + "/g/grid.json") == [])
    let json = try JSON.parse(Files.read(folder.path + "/g/grid.json"))
    #expect(json["status"]?.string == "unfinished" && json["cells"]?.array?.count == 2)
  }

  /// A record whose key is misspelled, missing or of another type is found, at its place.
  @Test func faultsAreFound() throws {
    let folder = try TemporaryFolder()
    #expect(try Program.run(SchemaTests.cola + ["--max-steps", "2", "--output", "o"], in: folder).status == 0)
    let record = try JSON.parse(Files.read(folder.path + "/o/results.json"))
    let schema = try JSONSchema(named: "results")
    func faults(_ change: (inout JSONObject) -> Void) throws -> [String] {
      var object = try #require(record.object)
      change(&object)
      return schema.faults(.object(object))
    }
    #expect(try faults { _ in } == [])
    for key in record.object?.members.map(\.key.description) ?? [] {
      #expect(try faults { $0[key] = nil } == ["$: \(key) is missing"], "\(key)")
    }
    #expect(
      try faults { ($0["colapsed"], $0["collapsed"]) = ($0["collapsed"], nil) } == [
        "$: collapsed is missing", "$.colapsed: is not expected",
      ])
    #expect(try faults { $0["status"] = .text("complete") }.first?.hasPrefix("$.status: \"complete\"") == true)
    #expect(try faults { $0["status"] = .text("failed") } == ["$: reason is missing"])
    #expect(try faults { $0["schema_version"] = .integer(3) } == ["$.schema_version: 3: expected 2"])
    #expect(try faults { $0["seed"] = .real(1.5) }.count == 1 && faults { $0["seed"] = .integer(-1) }.count == 1)
    #expect(try faults { $0["best"] = .null }.count == 1)
    #expect(
      try faults {
        var memory = $0["memory"]?.object ?? JSONObject()
        memory["peak_rss_bytes"] = .text("big")
        $0["memory"] = .object(memory)
      } == ["$.memory.peak_rss_bytes: \"big\": expected integer"])
    let line = try JSON.parse(
      #"{"step":0,"epoch":1,"loss":null,"learning_rate":1,"gradient_norm":1,"tokens":1,"second":1}"#.utf8)
    #expect(
      try JSONSchema(named: "train_log").faults(line) == [
        "$: seconds is missing", "$.second: is not expected", "$.step: 0: expected at least 1",
      ])
  }

  /// A rule that would not be applied is an error of the schema.
  @Test func unknownKeywords() throws {
    for text in [#"{"oneOf": []}"#, #"{"items": {"maximum": 3}}"#, #"{"$defs": {"a": {"format": "date"}}}"#, "3"] {
      #expect(throws: JSONSchema.Unsupported.self) { try JSONSchema(JSON.parse(Array(text.utf8))) }
    }
  }

  /// A record of version 1, and one of a version that is not there yet, given to the commands that read records.
  @Test func otherVersions() throws {
    let folder = try TemporaryFolder()
    let grid =
      ["grid", "--tasks", "cola", "--seeds", "1,2"] + SchemaTests.cola.dropFirst(2) + [
        "--max-steps", "2", "--save", "none", "--output", "g",
      ]
    #expect(try Program.run(grid, in: folder).status == 0)
    let path = folder.path + "/g/cola-adamw-seed1/results.json"
    var object = try #require(try JSON.parse(Files.read(path)).object)
    (object["schema_version"], object["outcome"], object["measured"]) = (.integer(1), nil, nil)
    try Files.writeAtomically(path, JSON.object(object).serialized())
    // The grid takes the cell for finished, and the report has its score.
    let again = try Program.run(grid, in: folder)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try JSON.parse(Files.read(path))["schema_version"]?.integer == 1)
    let report = try Program.run(["report", "g", "--output", "r"], in: folder)
    #expect(report.status == 0 && report.errors.isEmpty, "\(report.errors)")
    #expect(String(decoding: try Files.read(folder.path + "/r/report.csv"), as: UTF8.self).contains("completed"))

    object["schema_version"] = .integer(9)
    try Files.writeAtomically(path, JSON.object(object).serialized())
    let newer = try Program.run(["report", "g", "--output", "r", "--overwrite"], in: folder)
    #expect(newer.status == 0, "\(newer.errors)")
    #expect(newer.errors.contains("seed1/results.json: has schema_version 9, but this program reads"))
    #expect(newer.errors.split(separator: "\n").count == 1)
    let refused = try Program.run(grid, in: folder)
    #expect(refused.status == 65 && refused.errors.contains("newer program"), "\(refused.errors)")
    #expect(refused.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") }.count == 1)
    var record = try #require(try JSON.parse(Files.read(folder.path + "/g/grid.json")).object)
    record["schema_version"] = .integer(7)
    try Files.writeAtomically(folder.path + "/g/grid.json", JSON.object(record).serialized())
    let none = try Program.run(["report", "g", "--output", "r", "--overwrite"], in: folder)
    #expect(none.status == 65 && none.errors.contains("grid.json: has schema_version 7"), "\(none.errors)")
  }
}
