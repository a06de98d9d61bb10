import Foundation
import Support
import TestSupport
import Testing

/// The built program, run as a user runs it.
@Suite(.serialized) struct CommandTests {
  static let model = SharedData.fixture("models/bert-tiny")
  static let data = SharedData.fixture("data/cola")

  private var base: [String] {
    ["--task", "cola", "--model", CommandTests.model, "--data", CommandTests.data, "--max-steps", "2", "--quiet"]
  }

  /// One clear message on standard error, the exit code of the contract, and nothing left behind.
  @Test(arguments: [
    (["--frobnicate"], 64, "--frobnicate"), (["--learning-rate", "-1"], 64, "found \"-1\", expected a number above 0"),
    (["--learning-rate", "x"], 64, "--learning-rate"), (["--batch-size", "0"], 64, "--batch-size"),
    (["--batch-size", "99999999999999"], 64, "--batch-size"), (["--epochs", "0"], 64, "--epochs"),
    (["--task", "nope"], 66, "expected one of arc_challenge, arc_easy"), (["--model", "/nope"], 66, "/nope"),
    (["--data", "/nope"], 66, "/nope"), (["--optimizer", "nope"], 64, "expected one of sgd"),
    (["-O", "foo=1"], 64, "unknown option foo"), (["-O", "beta1=2"], 64, "beta1"), (["-O", "beta1"], 64, "KEY=VALUE"),
    (["--max-length", "100000"], 64, "64 positions"), (["--config", "/nope.yaml"], 66, "/nope.yaml"),
    (["--output", "/proc/nope"], 73, "/proc/nope"), (["--save", "x"], 64, "none, last, best"),
    (["--warmup-ratio", "0.1", "--warmup-steps", "3"], 64, "one of the two"), (["--schedule", "x"], 64, "linear"),
  ]) func faults(_ arguments: [String], status: Int32, expected: String) throws {
    let folder = try TemporaryFolder()
    // A later option of the same name wins, so each fault replaces the sound value.
    let outcome = try Program.run(base + arguments, in: folder)
    #expect(outcome.status == status)
    let lines = outcome.errors.split(separator: "\n").filter { !$0.hasPrefix("note: ") }
    #expect(lines.first?.hasPrefix("error: ") == true && outcome.errors.contains(expected), "\(outcome.errors)")
    #expect(lines.count == 1 && outcome.output.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/runs"))
  }

  /// A config that is broken, of the wrong type, absurd or of an unknown family.
  @Test(arguments: [
    ("hidden_size", "null", "hidden_size"), ("hidden_size", "\"big\"", "\"big\""), ("hidden_size", "0", "hidden_size"),
    ("hidden_size", "9999999999999", "hidden_size"), ("model_type", "\"mamba\"", "mamba"),
    ("num_attention_heads", "5", "divisor"), ("hidden_act", "\"relu\"", "gelu"), ("num_hidden_layers", "9", "missing"),
    ("hidden_size", "65535, \"vocab_size\": 16000000", "duplicate"),
  ]) func badConfigs(_ key: String, _ value: String, expected: String) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: CommandTests.model, toPath: folder.path + "/m")
    let path = folder.path + "/m/config.json"
    let lines = String(decoding: try Files.read(path), as: UTF8.self).split(separator: "\n").map { line in
      line.contains("\"\(key)\":") ? "  \"\(key)\": \(value)," : String(line)
    }
    try Files.writeAtomically(path, Array(lines.joined(separator: "\n").utf8))
    let outcome = try Program.run(base + ["--model", "m"], in: folder)
    #expect(outcome.status == 65 && outcome.errors.contains(expected), "\(outcome.errors)")
  }

  @Test(arguments: ["vocab.txt", "config.json", "model.safetensors"]) func missingOrBrokenFiles(_ name: String) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: CommandTests.model, toPath: folder.path + "/m")
    let path = folder.path + "/m/" + name
    try Files.writeAtomically(path, Array(try Files.read(path).prefix(3)))
    #expect(try Program.run(base + ["--model", "m"], in: folder).status == 65)
    try FileManager.default.removeItem(atPath: path)
    let outcome = try Program.run(base + ["--model", "m"], in: folder)
    #expect(outcome.status == 66 && outcome.errors.contains(name), "\(outcome.errors)")
  }

  @Test func aRunAndItsEvaluation() throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.run(base + ["--json", "--output", "run", "--max-length", "48"], in: folder)
    #expect(outcome.status == 0)
    let json = try JSON.parse(Array(outcome.output.utf8))
    #expect(json["status"]?.string == "completed")
    let arguments = ["--task", "cola", "--data", CommandTests.data, "--max-length", "48", "--json"]
    let evaluation = try Program.run(["evaluate", "--model", "run/model"] + arguments, in: folder)
    #expect(try JSON.parse(Array(evaluation.output.utf8))["metrics"]?["dev"] == json["metrics"]?["dev"])
    // What the leaderboard takes, of the bundled sample where no data are named.
    let predict = ["predict", "--task", "cola", "--split", "test", "--model", "run/model", "--output", "test"]
    #expect(try Program.run(predict, in: folder).status == 0)
    let lines = String(decoding: try Files.read(folder.path + "/test/CoLA.tsv"), as: UTF8.self).split(separator: "\n")
    #expect(lines.first == "index\tprediction" && lines.count == 101)
    #expect(try Program.run(base + ["--output", "run"], in: folder).status == 73)
    #expect(try Program.run(base + ["--output", "run", "--overwrite"], in: folder).status == 0)
    // Nothing of the replaced run stays, and nothing that is no run is replaced.
    #expect(try Program.run(base + ["--output", "run", "--overwrite", "--save", "none"], in: folder).status == 0)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/run/model"))
    try folder.write("mine/results.json", "precious")
    let refused = try Program.run(base + ["--output", "mine", "--overwrite"], in: folder)
    #expect(refused.status == 73 && refused.errors.contains("no run"), "\(refused.errors)")
    #expect(try Files.read(folder.path + "/mine/results.json") == Array("precious".utf8))
    #expect(try Program.run(["list", "optimizers"], in: folder).output.contains("fira"))
    let some = try Program.run(["list", "optimizers", "lion", "sgd"], in: folder).output
    #expect(some.contains("lion: ") && some.contains("sgd: ") && !some.contains("fira"))
    #expect(try Program.run(["list", "optimizers", "lions"], in: folder).status == 64)
    #expect(try Program.run(["list", "models", "demo"], in: folder).status == 64)
    #expect(try Program.run(["--help"], in: folder).status == 0)
  }

  /// A signal ends the run after its step, with everything so far on disk.
  @Test(arguments: [SIGINT, SIGTERM]) func interruption(_ signal: Int32) throws {
    let folder = try TemporaryFolder()
    let arguments = base + ["--max-steps", "5000", "--output", "run"]
    let (process, finish) = try Program.start(arguments, in: folder)
    let log = folder.path + "/run/train_log.jsonl"
    #expect(wait { !process.isRunning || ((try? Files.read(log).count) ?? 0) >= 200 })
    kill(process.processIdentifier, signal)
    let outcome = try finish()
    #expect(outcome.status == 75)
    let json = try JSON.parse(Files.read(folder.path + "/run/results.json"))
    #expect(json["status"]?.string == "interrupted")
    #expect(FileManager.default.fileExists(atPath: folder.path + "/run/model/model.safetensors"))
  }
}
