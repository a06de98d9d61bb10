import Foundation
import Report
import Support
import TestSupport
import Testing

/// Whole reports, made from records that the test writes.
@Suite struct ReportTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A record of schema version 1, as the program wrote it before `outcome` and `measured`.
  private func record(
    _ optimizer: String, rate: Double, seed: Int, score: Double, status: String = "completed", task: String = "cola",
    collapsed: Bool = false, model: String = "demo", threads: Int = 2, commit: String = "abc"
  ) -> JSON {
    let metrics: JSON =
      status == "completed"
      ? .object(JSONObject(["dev": .object(JSONObject(["accuracy": .real(score)]))]))
      : .object(JSONObject(["dev": .object(JSONObject())]))
    let split: (Int) -> JSON = { count in
      .object(
        JSONObject([
          "files": .array([]), "examples": .integer(count), "available": .integer(2 * count), "truncated": .integer(0),
        ]))
    }
    return .object(
      JSONObject([
        "schema_version": .integer(1), "status": .text(status), "collapsed": .bool(collapsed),
        "task": .object(JSONObject(["name": .text(task), "primary_metric": .text("accuracy")])),
        "model": .object(JSONObject(["name": .text(model)])),
        "optimizer": .object(JSONObject(["name": .text(optimizer), "learning_rate": .real(rate)])),
        "config": .object(JSONObject(["batch_size": .integer(32)])), "seed": .integer(seed),
        "data": .object(
          JSONObject([
            "source": .text("sample"), "splits": .object(JSONObject(["train": split(64), "dev": split(10)])),
          ])), "metrics": metrics,
        "best": .object(JSONObject(["epoch": .real(1), "step": .integer(2), "rule": .text("last")])),
        "history": .array([]),
        "throughput": .object(
          JSONObject([
            "tokens_per_second": .real(100), "train_seconds": .real(1), "eval_seconds": .real(1),
          ])), "memory": .object(JSONObject(["peak_rss_bytes": .integer(1 << 26)])),
        "environment": .object(
          JSONObject([
            "cpu": .text("cpu"), "threads": .integer(threads), "git_commit": .text(commit), "dirty": .bool(false),
          ])), "command": .array([]),
      ]))
  }

  private func write(_ name: String, _ record: JSON) throws {
    try folder.write(name + "/results.json", record.serialized())
    try folder.write(
      name + "/train_log.jsonl",
      """
      {"step":1,"epoch":0.5,"loss":0.6,"learning_rate":0.1,"gradient_norm":1,"tokens":5,"seconds":0.25}
      {"step":2,"epoch":1,"loss":0.5,"learning_rate":0.1,"gradient_norm":1,"tokens":5,"seconds":0.5}
      {"step":3,"epo
      """)
  }

  /// Two optimizers, two rates, three seeds.
  private func writeRuns() throws {
    for (optimizer, gain) in [("adamw", 0.0), ("fira", 0.1)] {
      for rate in [1e-4, 1e-3] {
        for seed in 1...3 {
          let score = 0.5 + gain + (rate == 1e-3 ? 0.05 : 0) + Double(seed) * 0.01
          try write("runs/\(optimizer)-\(rate)-\(seed)", record(optimizer, rate: rate, seed: seed, score: score))
        }
      }
    }
  }

  private func report(_ paths: [String]) throws -> [String: String] {
    let files = try Report(paths.map { folder.path + "/" + $0 }).files
    return Dictionary(uniqueKeysWithValues: files.map { ($0.name, String(decoding: $0.bytes, as: UTF8.self)) })
  }

  @Test func recordsOfVersionOne() throws {
    try writeRuns()
    let files = try report(["runs"])
    let markdown = try #require(files["report.md"])
    // 0.66, 0.67 and 0.68: mean 0.67, t-interval 4.3027 · 0.01 / √3. Seconds to step 2: 0.75.
    #expect(markdown.contains("| **fira** | 1e-3 | **0.6700 ± 0.0248** | 3 | best |"))
    #expect(markdown.contains("| 0.75 |") && markdown.contains("highest rate tried"))
    // The difference is the same on every seed.
    #expect(markdown.contains("worse (p &lt; 0.001)") && markdown.contains("win &lt; 0.001"))
    #expect(markdown.contains("All 12 runs are of an older program"))
    #expect(markdown.contains("trained on the first examples only: 64 of 128"))
    let csv = try #require(files["report.csv"])
    #expect(csv.split(separator: "\r\n").count == 13)
    #expect(files["report.tex"]?.contains("\\textbf{fira} & 1e-3 & \\textbf{0.6700 $\\pm$ 0.0248} & 3") == true)
    let html = try #require(files["report.html"])
    #expect(
      html.contains("data-x=\"0.001\" data-y=\"0.66\"") && !html.contains("http://") && !html.contains("https://"))
    #expect(!html.contains(" onclick") && html.contains("<caption id=\"task-1-main-c\">"))
  }

  @Test func equalBytes() throws {
    try writeRuns()
    try write("single", record("sgd", rate: 0.1, seed: 1, score: 0.3))
    let first = try Report([folder.path + "/runs", folder.path + "/single"])
    let second = try Report([folder.path + "/single/", folder.path + "/single/../runs"])
    for (a, b) in zip(first.files, second.files) { #expect(a.name == b.name && a.bytes == b.bytes, "\(a.name)") }
    let output = folder.path + "/out"
    try first.write(to: output, overwrite: false, sources: [])
    for file in second.files { #expect(try Files.read(output + "/" + file.name) == file.bytes) }
  }

  @Test func nothingIsOverwritten() throws {
    try writeRuns()
    let report = try Report([folder.path + "/runs"])
    let output = folder.path + "/out"
    try report.write(to: output, overwrite: false, sources: [])
    #expect(throws: ReportError.outputNotEmpty(path: output)) {
      try report.write(to: output, overwrite: false, sources: [])
    }
    try report.write(to: output, overwrite: true, sources: [])
    try folder.write("out/thesis.tex", "mine")
    #expect(throws: ReportError.outputHoldsOther(path: output, name: "thesis.tex")) {
      try report.write(to: output, overwrite: true, sources: [])
    }
    let runs = folder.path + "/runs"
    #expect(throws: ReportError.outputIsInput(path: runs)) {
      try report.write(to: runs, overwrite: true, sources: [runs])
    }
  }

  @Test func hostileNames() throws {
    let name = "</script><script>alert(1)</script>|\"'`=_*{\\input{x}}\u{202E}\n&"
    try write("a", record("=cmd()" + name, rate: 1e-3, seed: 1, score: 0.5, task: name, model: name, commit: name))
    try write("b", record(name, rate: 1e-3, seed: 1, score: 0.4, task: name))
    let files = try report(["a", "b"])
    let html = try #require(files["report.html"])
    // Ours: the data and the program, and nothing else that opens or closes a script.
    #expect(html.components(separatedBy: "<script").count == 3 && html.components(separatedBy: "</script").count == 3)
    #expect(!html.contains("\u{202E}") && html.contains("&lt;/script&gt;"))
    let markdown = try #require(files["report.md"])
    #expect(!markdown.contains("<script") && !markdown.contains("</script"))
    let rows = markdown.split(separator: "\n").filter { $0.hasPrefix("| ") && $0.contains("cmd") }
    for row in rows { #expect(!row.contains("script&gt;|") && row.hasSuffix(" |")) }
    let csv = try #require(files["report.csv"])
    #expect(csv.contains("'=cmd()") && csv.contains("\"\"") && csv.split(separator: "\r\n").count == 3)
    let latex = try #require(files["report.tex"])
    #expect(!latex.split(separator: "\n").contains { !$0.hasPrefix("%") && $0.contains("\\input{x}") })
  }

  @Test func escapes() {
    #expect(Format.csv("a,b\"c") == "\"a,b\"\"c\"" && Format.csv("-0.8") == "-0.8" && Format.csv("-x") == "'-x")
    #expect(Format.csv("a\nb") == "a b" && Format.csv("@x") == "'@x")
    #expect(
      Format.latex("50 % of_a & b\\~^#${}")
        == "50 \\% of\\_a \\& b\\textbackslash{}\\textasciitilde{}\\textasciicircum{}\\#\\$\\{\\}")
    #expect(Format.markdown("a|b_c*<i>") == "a\\|b\\_c\\*&lt;i&gt;")
    #expect(Format.html("<a href='x'>\"&") == "&lt;a href=&#39;x&#39;&gt;&quot;&amp;")
    #expect(
      Format.rate(3e-4) == "3e-4" && Format.rate(0.05) == "0.05" && Format.rate(1.5e-5) == "1.5e-5"
        && Format.rate(0) == "0")
  }

  @Test func emptyAndMissingFolders() throws {
    try FileManager.default.createDirectory(atPath: folder.path + "/empty", withIntermediateDirectories: true)
    for (paths, status) in [
      (["empty"], ExitStatus.badInput), (["nowhere"], .missingInput), (["empty", "nowhere"], .badInput),
    ] {
      do {
        _ = try report(paths)
        Issue.record("expected an error for \(paths)")
      } catch let error as ReportError {
        #expect(error.exitStatus == status && error.message.contains(paths[0]))
      }
    }
    try writeRuns()
    let markdown = try #require(try report(["runs", "empty", "nowhere"])["report.md"])
    #expect(markdown.contains("empty: holds neither a run") && markdown.contains("nowhere: there is no such folder"))
  }

  @Test func brokenRecords() throws {
    try writeRuns()
    let whole = record("adamw", rate: 1e-4, seed: 9, score: 0.5).serialized()
    for length in stride(from: 0, to: whole.count - 2, by: 97) {
      try folder.write("broken/results.json", Array(whole[..<length]))
      let report = try Report([folder.path + "/broken", folder.path + "/runs"])
      #expect(report.problems.count == 1 && report.cellCount == 12)
    }
    for text in [
      "[]", "{}", "{\"schema_version\":99}", "{\"schema_version\":2,\"status\":\"odd\"}", "null", "\u{FEFF}",
    ] {
      try folder.write("broken/results.json", text)
      #expect(try Report([folder.path + "/broken", folder.path + "/runs"]).problems.count == 1, "\(text)")
    }
  }

  @Test func numbersOfNoSense() throws {
    for (index, value) in [1e308, -1e308, Double.leastNonzeroMagnitude, 9e15].enumerated() {
      try write("runs/a\(index)", record("adamw", rate: abs(value), seed: 1, score: value))
      try write("runs/b\(index)", record("fira", rate: 1e-3, seed: index, score: value))
      try folder.write(
        "runs/b\(index)/train_log.jsonl",
        (1...300).map {
          "{\"step\":\($0),\"epoch\":1,\"loss\":\($0 % 2 == 0 ? value : -value),\"tokens\":1,\"seconds\":\(abs(value))}"
        }.joined(separator: "\n"))
    }
    #expect(try report(["runs"])["report.html"]?.contains("nan") == false)
  }

  @Test func gridsWithCellsThatDidNotEnd() throws {
    try write("grid/a", record("adamw", rate: 1e-4, seed: 1, score: 0.5))
    try write("grid/b", record("adamw", rate: 1e-3, seed: 1, score: 0, status: "diverged"))
    try folder.write("grid/c/results.json", "{")
    func cell(_ name: String, _ status: String, reason: String? = nil) -> JSON {
      .object(
        JSONObject([
          "name": .text(name), "task": .text("cola"), "optimizer": .text("adamw"),
          // Another seed for each, since cells that repeat others are left out.
          "seed": .integer(Int(name.utf8.first ?? 0)),
          "status": .text(status),
          "reason": reason.map(JSON.text) ?? .null, "learning_rate": .real(1e-2),
          "identity": .object(
            JSONObject(["settings": .object(JSONObject(["seed": .text("1"), "task": .text("cola")]))])),
        ]))
    }
    let cells: [JSON] = [
      cell("a", "completed"), cell("b", "diverged"), cell("c", "completed"),
      cell("d", "failed", reason: "ended by signal 9"),
      cell("e", "pending"), cell("f", "completed"), cell("g", "running"), cell("h", "interrupted"), cell("i", "cut"),
      cell("j", "stopped"), cell("k", "elsewhere"), cell("../../etc", "completed"), .null,
    ]
    try folder.write("grid/grid.json", JSON.object(JSONObject(["cells": .array(cells)])).serialized())
    let report = try Report([folder.path + "/grid"])
    #expect(report.cellCount == 11)
    let markdown = try #require(try self.report(["grid"])["report.md"])
    #expect(markdown.contains("grid/d: failed: ended by signal 9") && markdown.contains("grid/e: pending"))
    for line in ["g: running", "h: interrupted", "i: cut", "j: cut", "k: pending"] {
      #expect(markdown.contains("grid/\(line)"), "\(line)")
    }
    #expect(markdown.contains("grid/f: unreadable: its results.json is not there"))
    #expect(markdown.contains("cell 12 has no name that a folder can have") && markdown.contains("cell 13 has no name"))
    #expect(markdown.contains("1 diverged, 3 failed, 2 cut, 1 interrupted, 1 running, 2 pending of 11"))
  }

  /// What paper or a phone could not hold breaks anywhere; words of our own do not.
  @Test func longNames() throws {
    let name = String(repeating: "W", count: 300)
    try write("a", record(name, rate: 1e-4, seed: 1, score: 0.5))
    try write("b", record("adamw", rate: 1e-4, seed: 1, score: 0.4))
    let page = try #require(try report(["a", "b"])["report.html"])
    #expect(page.contains("<th scope=\"row\" class=\"w\"><strong>\(name)"), "\(page.prefix(9_000))")
    #expect(page.contains("<th scope=\"row\"><strong>adamw") || page.contains("<th scope=\"row\">adamw"))
  }

  /// The file of a grid is named for its folder.
  @Test func theFileOfAGrid() throws {
    try write("grid/a", record("adamw", rate: 1e-4, seed: 1, score: 0.5))
    let cell = "{\"name\": \"a\", \"task\": \"cola\", \"optimizer\": \"adamw\", \"seed\": 1, \"status\": \"completed\"}"
    try folder.write("grid/grid.json", "{\"cells\": [\(cell)]}")
    #expect(try report(["grid/grid.json"]) == report(["grid"]))
    #expect(try LiveReport([folder.path + "/grid/grid.json"]).snapshot.fault == nil)
    // No such file, and a folder of that name, are what they are.
    try write("odd/grid.json/b", record("adamw", rate: 1e-4, seed: 1, score: 0.5))
    #expect(try Report([folder.path + "/odd/grid.json"]).cellCount == 1)
  }

  /// As in the grid: a rate whose worse seeds were cut wins only where every other has a cut or diverged seed too.
  @Test func theBestOfCutRates() throws {
    for (name, rate, seed, score) in [
      ("a", 1e-4, 1, 0.5), ("b", 1e-4, 2, 0.5), ("c", 1e-3, 1, 0.9), ("d", 1e-3, 2, 0.1),
    ] {
      try write("grid/\(name)", record("adamw", rate: rate, seed: seed, score: score))
    }
    func cell(_ name: String, _ status: String) -> String { "{\"name\": \"\(name)\", \"status\": \"\(status)\"}" }
    let cells = [cell("a", "completed"), cell("b", "completed"), cell("c", "completed"), cell("d", "cut")]
    try folder.write("grid/grid.json", "{\"cells\": [\(cells.joined(separator: ", "))]}")
    let markdown = try #require(try report(["grid"])["report.md"])
    #expect(markdown.contains("| **adamw** | 1e-4 |") && markdown.contains("grid/d: cut"), "\(markdown)")
  }

  @Test func whatAReaderMustKnow() throws {
    try write("a", record("adamw", rate: 1e-4, seed: 1, score: 0.5))
    try write("b", record("fira", rate: 1e-4, seed: 2, score: 0.5, threads: 4, commit: "def"))
    try write("c", record("fira", rate: 1e-4, seed: 2, score: 0.4))
    let markdown = try #require(try report(["a", "b", "c"])["report.md"])
    #expect(markdown.contains("2 versions of the program") && markdown.contains("2 machines or thread counts"))
    #expect(markdown.contains("missing seeds") && markdown.contains("1 cell repeats"))
    #expect(markdown.contains("no test possible") && markdown.contains("fewer than three seeds"))
  }

  @Test func oneModelOfEachSide() throws {
    // 12 examples that only the first answers rightly, 3 only the second, 5 both: McNemar's p is 0.0352 (the fixture has it).
    try write("a", record("adamw", rate: 1e-4, seed: 1, score: 0.85))
    try write("b", record("fira", rate: 1e-4, seed: 1, score: 0.4))
    func predictions(_ isRight: (Int) -> Bool) -> String {
      "index\tprediction\tlabel\tlogits\n"
        + (0..<20).map { "\($0)\t\(isRight($0) ? "yes" : "no")\tyes\t0 1\n" }.joined()
    }
    try folder.write("a/predictions-dev.tsv", predictions { $0 < 12 || $0 >= 15 })
    try folder.write("b/predictions-dev.tsv", predictions { $0 >= 12 })
    let markdown = try #require(try report(["a", "b"])["report.md"])
    #expect(markdown.contains("worse (p = 0.035)") && markdown.contains("McNemar exact"))
    // A file that does not give back the recorded score is not believed.
    try folder.write("b/predictions-dev.tsv", predictions { $0 >= 11 })
    #expect(try report(["a", "b"])["report.md"]?.contains("no test possible") == true)
  }

  @Test func severalTasks() throws {
    for (task, gain) in [("cola", 0.0), ("mrpc", 0.1)] {
      for seed in 1...2 {
        try write("\(task)-a-\(seed)", record("adamw", rate: 1e-4, seed: seed, score: 0.5 + gain, task: task))
        try write("\(task)-b-\(seed)", record("fira", rate: 1e-4, seed: seed, score: 0.4 + gain, task: task))
      }
    }
    let markdown = try #require(
      try Report([folder.path]).files.first { $0.name == "report.md" }.map { String(decoding: $0.bytes, as: UTF8.self) }
    )
    #expect(markdown.contains("Too few tasks: with 2 tasks"))
    #expect(markdown.contains("| adamw | 1.00 | 0.5500 \\[") && markdown.contains("| fira | 2.00 | 0.4500 \\["))
  }

  @Test func foreignResults() throws {
    try folder.write(
      "hf/all_results.json", "{\"epoch\": 3.0, \"eval_accuracy\": 0.84, \"eval_runtime\": 3.1, \"eval_samples\": 408}")
    try folder.write(
      "hf/trainer_state.json",
      "{\"best_metric\": 0.9, \"log_history\": [{\"eval_f1\": 0.8, \"step\": 10}, {\"loss\": 1}, {\"eval_f1\": 0.85, \"step\": 20}]}"
    )
    try folder.write(
      "harness/results_2026.json",
      "{\"results\": {\"piqa\": {\"alias\": \"piqa\", \"acc,none\": 0.7, \"acc_stderr,none\": 0.01}}, \"n-shot\": {\"piqa\": 0}}"
    )
    try folder.write("other/all_results.json", "{\"a\": [1]}")
    let markdown = try #require(try report(["hf", "harness", "other"])["report.md"])
    #expect(
      markdown.contains("| transformers | hf/all\\_results.json | not named | accuracy | 0.8400 | – | 408 examples |"))
    #expect(markdown.contains("| f1 | 0.8500 | – | last evaluation, step 20, best 0.9000 |"))
    #expect(markdown.contains("| lm-evaluation-harness | harness/results\\_2026.json | piqa | acc | 0.7000 | 0.0100 |"))
    #expect(markdown.contains("other/all\\_results.json: has the name of a foreign result"))
  }
}
