import Foundation
import Optimizers
import Results
import Support
import Tensors
import TestSupport
import Testing
import Training

/// Copies the output folder after given steps, which is what a process leaves that is killed there.
private final class Snapshots: RunObserver {
  let folder: String
  let steps: Set<Int>
  var beforeStep: ((Int) -> Void)?
  private(set) var notes: [String] = []

  init(of folder: String, after steps: Set<Int>) { (self.folder, self.steps) = (folder, steps) }

  func note(_ text: String) { notes.append(text) }

  func step(_ record: StepRecord, of total: Int) {
    guard steps.contains(record.step) else { return }
    try? FileManager.default.copyItem(atPath: folder, toPath: "\(folder)-killed-\(record.step)")
  }
}

/// A run that goes on from a saved state ends as a run that was never stopped.
@Suite(.serialized) struct ResumeTests {
  private static let settings = [
    ("max_steps", "14"), ("eval_every", "4"), ("batch_size", "4"), ("accumulate", "2"), ("learning_rate", "1e-3"),
    ("max_length", "12"), ("threads", "2"), ("dropout", "0.1"), ("checkpoint_every", "5"), ("weight_decay", "0.01"),
  ]

  private func fixture(_ model: String = "bert-tiny", task: String = "cola", _ more: [(String, String)] = []) throws
    -> RunFixture
  {
    try RunFixture(model: model, task: task, ResumeTests.settings + more)
  }

  /// Runs, and copies the folder after `steps`.
  private func run(_ fixture: RunFixture, in folder: TemporaryFolder, killedAfter steps: Set<Int>) throws {
    var settings = fixture.settings
    settings.output = folder.path + "/run"
    let observer = Snapshots(of: folder.path + "/run", after: steps)
    _ = try Run.prepare(settings, command: ["test"], observer: observer).execute()
  }

  @discardableResult
  private func resume(_ settings: RunSettings, _ path: String, _ notes: Silence = Silence()) throws -> RunRecord {
    var settings = settings
    (settings.output, settings.resume) = (path, true)
    return try Run.prepare(settings, command: ["test"], observer: notes).execute()
  }

  /// What of a run's folder must be equal: every file but the times in the log and in the results.
  private func content(_ path: String) throws -> [String: [UInt8]] {
    var content: [String: [UInt8]] = [:]
    for file in try StateFolder.files(in: path) where file != FolderClaim.fileName {
      let bytes = try Files.read(path + "/" + file)
      switch file {
      case "train_log.jsonl":
        content[file] = try bytes.split(separator: UInt8(ascii: "\n")).flatMap { line in
          var object = try JSON.parse(line).object ?? JSONObject()
          object["seconds"] = nil
          return JSON.object(object).serialized()
        }
      case "results.json": content[file] = try JSON.parse(bytes)["outcome"]?.serialized()
      default: content[file] = bytes
      }
    }
    return content
  }

  private func expectSame(_ left: String, _ right: String, _ comment: String = "") throws {
    let (a, b) = (try content(left), try content(right))
    #expect(a.keys.sorted() == b.keys.sorted(), "\(comment)")
    for (name, bytes) in a { #expect((bytes == b[name]) as Bool, "\(comment) \(name) differs") }
  }

  /// After step 8, the state of step 5 is there, and the model that the evaluation of step 4 saved. Adapprox, Fira and
  /// others change their projections in between.
  @Test(arguments: OptimizerRegistry.names, RunTests.models) func everyOptimizer(_ name: String, _ model: String) throws
  {
    let folder = try TemporaryFolder()
    var fixture = try fixture(model, [("optimizer", name), ("capture", "second-moments@3,12")])
    if try OptimizerRegistry.specification(name).options.contains(where: { $0.key == "update-gap" }) {
      try fixture.settings.addOptimizerOption("update-gap=3", origin: "test")
    }
    try run(fixture, in: folder, killedAfter: [8])
    let killed = folder.path + "/run-killed-8"
    #expect(try StateFolder(output: killed).steps() == [5, 0])
    let record = try resume(fixture.settings, killed)
    #expect(record.resumed == [5])
    try expectSame(folder.path + "/run", killed, name)
    #expect(!Files.exists(killed + "/state") && !Files.exists(folder.path + "/run/state"))
  }

  /// Killed after each step: the last state counts, and with none the run starts again.
  @Test(arguments: [
    [("save", "best")], [("save", "last")], [("save", "none")], [("early_stopping", "1"), ("learning_rate", "1e-30")],
    [("eval_every", "epoch"), ("no_shuffle", "true")], [("method", "head")], [("checkpoint_every", "1")],
    [("method", "lora"), ("method_option", "rank=2 dropout=0.1")],
    [("method", "lora"), ("method_option", "rank=2 dora=true")],
    [("method", "lora"), ("method_option", "rank=2 init=pissa")],
    [("method", "prefix"), ("method_option", "length=3")],
    [("method", "relora"), ("method_option", "rank=2 interval=4 restart-warmup=2 forget=0.5")],
    [("method", "relora"), ("method_option", "rank=2 interval=3 forget=1"), ("optimizer", "adapprox")],
    [("method", "lisa"), ("method_option", "interval=3 layers=1"), ("optimizer", "galore")],
    [("method", "badam"), ("method_option", "interval=4")],
    [("optimizer", "adafactor"), ("random_init", "true")],
  ]) func everyStep(_ more: [(String, String)]) throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture("bert-tiny", more)
    try run(fixture, in: folder, killedAfter: [1, 4, 5, 6, 8, 11, 14])
    for step in 1...14 {
      let killed = folder.path + "/run-killed-\(step)"
      guard Files.exists(killed) else { continue }
      let notes = Silence()
      try resume(fixture.settings, killed, notes)
      try expectSame(folder.path + "/run", killed, "after step \(step)")
      #expect(notes.notes.contains { $0.hasPrefix("resumed after step") || $0.hasPrefix("no state was saved") })
    }
  }

  @Test(.enabled(if: Precision.bfloat16.isSupported), arguments: RunTests.models) func bfloat16(_ model: String) throws
  {
    let folder = try TemporaryFolder()
    let fixture = try fixture(model, [("precision", "bf16"), ("optimizer", "adapprox")])
    try run(fixture, in: folder, killedAfter: [8])
    #expect(try resume(fixture.settings, folder.path + "/run-killed-8").resumed == [5])
    try expectSame(folder.path + "/run", folder.path + "/run-killed-8")
  }

  @Test(arguments: RunTests.models) func halfWeights(_ model: String) throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture(
      model, [("weights", "bf16"), ("optimizer", "fira"), ("accumulate", "1"), ("update_in_backward", "true")])
    try run(fixture, in: folder, killedAfter: [8])
    var other = fixture
    try other.set("recompute", "layer")
    #expect(try resume(other.settings, folder.path + "/run-killed-8").resumed == [5])
    try expectSame(folder.path + "/run", folder.path + "/run-killed-8")
  }

  /// Twice killed, once without reaching a later state.
  @Test func killedAgain() throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture()
    try run(fixture, in: folder, killedAfter: [7])
    let first = folder.path + "/run-killed-7"
    var settings = fixture.settings
    (settings.output, settings.resume) = (first, true)
    let observer = Snapshots(of: first, after: [9, 13])
    #expect(try Run.prepare(settings, command: ["test"], observer: observer).execute().resumed == [5])
    for (step, resumed) in [(9, [5]), (13, [5, 10])] {
      let second = "\(first)-killed-\(step)"
      #expect(try resume(fixture.settings, second).resumed == resumed)
      try expectSame(folder.path + "/run", second)
    }
  }

  /// A state that was damaged in any way is told, and the one before it is used.
  @Test func aDamagedState() throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture("llama-tiny", [("optimizer", "adam8bit")])
    try run(fixture, in: folder, killedAfter: [13])
    let killed = folder.path + "/run-killed-13"
    let latest = StateFolder(output: killed).folder(10)
    let files = try StateFolder.files(in: latest)
    #expect(
      Set(["state.json", "SHA256SUMS", "weights.safetensors", "optimizer.safetensors", "saved/model/model.safetensors"])
        .isSubset(of: files))
    for file in files {
      for damage in file == "state.json" ? ["flip", "cut", "remove", "empty", "add"] : ["flip", "cut"] {
        let copy = folder.path + "/copy"
        try Files.remove(copy)
        try FileManager.default.copyItem(atPath: killed, toPath: copy)
        let path = StateFolder(output: copy).folder(10) + "/" + file
        var bytes = try Files.read(path)
        switch damage {
        case "flip": bytes[bytes.count / 2] ^= 0x20
        case "cut": bytes.removeLast(2)
        case "empty": bytes = []
        default: break
        }
        try Files.remove(path)
        if damage != "remove" { try Files.writeAtomically(path, bytes) }
        if damage == "add" { try Files.writeAtomically(path + ".more", bytes) }
        let notes = Silence()
        try resume(fixture.settings, copy, notes)
        #expect(
          notes.notes.contains { $0.contains("step-00000010: cannot be used") && $0.contains("of step 5, is tried") },
          "\(file) \(damage) \(notes.notes)")
        try expectSame(folder.path + "/run", copy, "\(file) \(damage)")
      }
    }
  }

  /// Without a whole state the run is not started again by itself, since that would throw away what there is.
  @Test func noWholeState() throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture()
    try run(fixture, in: folder, killedAfter: [13])
    let killed = folder.path + "/run-killed-13"
    for step in [5, 10] {
      try Files.writeAtomically(StateFolder(output: killed).folder(step) + "/state.json", Array("{}".utf8))
    }
    let before = try content(killed)
    let fault = #expect(throws: TrainingError.self) { try resume(fixture.settings, killed) }
    #expect(fault?.exitStatus == .badInput && fault?.message.contains("state.json is damaged") == true)
    #expect(try content(killed) == before)
  }

  /// States count on the log up to their step.
  @Test func theLogIsGone() throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture()
    try run(fixture, in: folder, killedAfter: [13])
    let killed = folder.path + "/run-killed-13"
    let log = try Files.read(killed + "/train_log.jsonl")
    // The seventh line ends after the state of step 5 and before that of step 10.
    let seventh = log.indices.filter { log[$0] == UInt8(ascii: "\n") }[6]
    try Files.writeAtomically(killed + "/train_log.jsonl", Array(log[...seventh]))
    let notes = Silence()
    #expect(try resume(fixture.settings, killed, notes).resumed == [5])
    #expect(notes.notes.contains { $0.contains("train_log.jsonl: cannot be read: it has") })
    try expectSame(folder.path + "/run", killed)
  }

  /// What would make it another run is refused by name, and nothing is touched.
  @Test(arguments: [
    ("learning_rate", "2e-3", "learning_rate was 0.001, is now 0.002"), ("threads", "1", "threads was 2, is now 1"),
    ("max_steps", "15", "max_steps was 14, is now 15"), ("dropout", "0", "dropout was 0.1, is now 0"),
    ("optimizer", "lion", "optimizer was \"adamw\", is now \"lion\""), ("seed", "7", "seed was 42, is now 7"),
    ("capture", "second-moments@3", "capture was not set, is now"), ("model", "llama-tiny", "model.name was"),
    ("data", "changed", "sha256 was"), ("train_limit", "9", "train_limit was not set, is now 9"),
  ]) func anotherRun(_ key: String, _ value: String, _ expected: String) throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture()
    try run(fixture, in: folder, killedAfter: [2, 8])
    var other = fixture
    switch key {
    case "model": try other.set(key, SharedData.fixture("models/llama-tiny"))
    case "data":
      let source = SharedData.fixture("data/cola")
      try FileManager.default.copyItem(atPath: source, toPath: folder.path + "/data")
      let train = folder.path + "/data/train.tsv"
      try Files.writeAtomically(train, Files.read(train) + Array("x\t1\t\tAnother one.\n".utf8))
      try other.set(key, folder.path + "/data")
    default: try other.set(key, value)
    }
    // The completed run, one with a state and one that was killed before its first.
    for path in ["/run", "/run-killed-8", "/run-killed-2"] {
      let before = try content(folder.path + path)
      let fault = #expect(throws: TrainingError.self) { try resume(other.settings, folder.path + path) }
      #expect(fault?.exitStatus == .usage && fault?.message.contains(expected) == true, "\(fault?.message ?? "")")
      #expect(try content(folder.path + path) == before)
    }
  }

  /// A model is its config and its vocabulary too; and what the user put beside a saved model stays the user's.
  @Test func changedModel() throws {
    let folder = try TemporaryFolder()
    var fixture = try fixture()
    let source = SharedData.fixture("models/bert-tiny")
    try FileManager.default.copyItem(atPath: source, toPath: folder.path + "/model")
    try fixture.set("model", folder.path + "/model")
    try run(fixture, in: folder, killedAfter: [8])
    let killed = folder.path + "/run-killed-8"
    for file in ["config.json", "vocab.txt"] {
      let (path, bytes) = (folder.path + "/model/" + file, try Files.read(folder.path + "/model/" + file))
      try Files.writeAtomically(
        path, file == "vocab.txt" ? bytes + Array("zzz\n".utf8) : Array(" ".utf8) + bytes)
      let fault = #expect(throws: (any Error).self) { try resume(fixture.settings, killed) }
      let message = (fault as? any UserError)?.message ?? ""
      #expect(message.contains("model.files.\(file) was") || message.contains("vocab"), "\(message)")
      try Files.writeAtomically(path, bytes)
    }
    try Files.writeAtomically(killed + "/model/notes.txt", Array("mine".utf8))
    try resume(fixture.settings, killed)
    #expect(try Files.read(killed + "/model/notes.txt") == Array("mine".utf8))
  }

  /// Hostile or damaged states whose digests fit are refused, whatever their numbers say.
  @Test(arguments: [
    ("\"step\": 5,", "\"step\": 9223372036854775807,"), ("\"step\": 5,", "\"step\": 14,"),
    ("\"without_improvement\": 0", "\"without_improvement\": 9223372036854775807"),
    ("\"tokens\": ", "\"tokens\": 9"), ("\"log_bytes\": ", "\"log_bytes\": 99999999999"),
    ("\"predictions-dev.tsv\": \"", "\"../../predictions-dev.tsv\": \""),
    ("\"schema_version\": 1", "\"schema_version\": 9"), ("\"best_primary\": \"", "\"best_primary\": \"x"),
  ]) func aHostileState(_ old: String, _ new: String) throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture()
    try run(fixture, in: folder, killedAfter: [8])
    let killed = folder.path + "/run-killed-8"
    let state = StateFolder(output: killed).folder(5)
    let text = String(decoding: try Files.read(state + "/state.json"), as: UTF8.self)
    let changed = try #require(text.range(of: old).map { text.replacingCharacters(in: $0, with: new) })
    try Files.writeAtomically(state + "/state.json", Array(changed.utf8))
    let sums = String(decoding: try Files.read(state + "/SHA256SUMS"), as: UTF8.self)
    let fresh = sums.replacingOccurrences(of: Digest.sha256(text), with: Digest.sha256(changed))
    #expect(fresh != sums)
    try Files.writeAtomically(state + "/SHA256SUMS", Array(fresh.utf8))
    let notes = Silence()
    // Either the state is passed over for that of step 0, or the number is one that changes only the throughput.
    #expect(throws: Never.self) { try resume(fixture.settings, killed, notes) }
    let isHarmless = old.contains("tokens")
    #expect(notes.notes.contains { $0.contains("cannot be used") } != isHarmless, "\(notes.notes)")
    if !isHarmless { try expectSame(folder.path + "/run", killed) }
  }

  /// A folder may be moved, and data and model with it.
  @Test func movedData() throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture()
    try run(fixture, in: folder, killedAfter: [8])
    try FileManager.default.copyItem(atPath: SharedData.fixture("data/cola"), toPath: folder.path + "/elsewhere")
    var moved = fixture
    try moved.set("data", folder.path + "/elsewhere")
    #expect(try resume(moved.settings, folder.path + "/run-killed-8").resumed == [5])
  }

  @Test func anEndedRunIsNotRunAgain() throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture()
    try run(fixture, in: folder, killedAfter: [])
    let before = try content(folder.path + "/run")
    let notes = Silence()
    #expect(try resume(fixture.settings, folder.path + "/run", notes).status == .completed)
    #expect(notes.notes.contains { $0.contains("has completed before") })
    #expect(try content(folder.path + "/run") == before)

    var diverging = fixture
    try diverging.set("learning_rate", "1e30")
    try diverging.set("gradient_clip", "0")
    try diverging.set("warmup_steps", "0")
    diverging.settings.output = folder.path + "/diverged"
    for isAgain in [false, true] {
      let fault = #expect(throws: TrainingError.self) {
        diverging.settings.resume = isAgain
        return try Run.prepare(diverging.settings, command: [], observer: notes).execute()
      }
      #expect(fault?.exitStatus == .diverged)
      #expect(fault?.message.contains("has diverged before") == isAgain)
    }
  }

  @Test func aRunWithoutStates() throws {
    let folder = try TemporaryFolder()
    var fixture = try fixture()
    fixture.settings.checkpointEvery = nil
    try run(fixture, in: folder, killedAfter: [8])
    let killed = folder.path + "/run-killed-8"
    #expect(!Files.exists(killed + "/state"))
    let fault = #expect(throws: TrainingError.self) { try resume(fixture.settings, killed) }
    #expect(fault?.exitStatus == .cannotCreate && fault?.message.contains("saved no state") == true)
    // A file of the user's own is no run.
    try folder.write("own/notes.txt", "mine")
    let other = #expect(throws: TrainingError.self) { try resume(fixture.settings, folder.path + "/own") }
    #expect(other?.message.contains("no run that could be resumed") == true)
  }

  /// From a disk that takes no writes, such as an archive, a run that has ended is shown and any other is refused.
  @Test func aFolderThatCannotBeClaimed() throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture()
    try run(fixture, in: folder, killedAfter: [8])
    for path in ["/run", "/run-killed-8"] {
      // It cannot be opened for writing, whoever tries.
      try Files.remove(folder.path + path + "/" + FolderClaim.fileName)
      try Files.makeFolders(folder.path + path + "/" + FolderClaim.fileName)
    }
    let before = try content(folder.path + "/run")
    #expect(try resume(fixture.settings, folder.path + "/run").status == .completed)
    #expect(try content(folder.path + "/run") == before)
    let killed = try content(folder.path + "/run-killed-8")
    let fault = #expect(throws: FileError.self) { try resume(fixture.settings, folder.path + "/run-killed-8") }
    #expect(fault?.exitStatus == .cannotCreate)
    #expect(try content(folder.path + "/run-killed-8") == killed)
  }

  /// A record that cannot be read is told with what is wrong in it, and everything stays.
  @Test(arguments: [
    ("\"schema_version\": 2", "\"schema_version\": 9", "has schema_version 9, but this program reads versions 1 to 2"),
    ("\"schema_version\": 2", "\"schema_version\": two", "is damaged: line 2, byte "),
    ("\"status\": \"completed\"", "\"status\": \"done\"", "is damaged: the key status is missing or not as expected"),
    ("\"schema_version\": 2,", "", "is damaged: the key schema_version is missing"),
  ]) func anUnreadableRecord(_ old: String, _ new: String, _ expected: String) throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture()
    // A signal leaves a record and a state.
    try run(fixture, in: folder, killedAfter: [8])
    let (path, file) = (folder.path + "/run-killed-8", folder.path + "/run-killed-8/results.json")
    let text = String(decoding: try Files.read(folder.path + "/run/results.json"), as: UTF8.self)
    let place = try #require(text.range(of: old))
    try Files.writeAtomically(file, Array(text.replacingCharacters(in: place, with: new).utf8))
    func listing() throws -> [String: [UInt8]] {
      let files = try StateFolder.files(in: path).filter { $0 != FolderClaim.fileName }
      return try Dictionary(uniqueKeysWithValues: files.map { ($0, try Files.read(path + "/" + $0)) })
    }
    let before = try listing()
    let fault = #expect(throws: TrainingError.self) { try resume(fixture.settings, path) }
    #expect(
      fault?.message.hasPrefix(file) == true && fault?.message.contains(expected) == true, "\(fault?.message ?? "")")
    #expect(fault?.exitStatus == .badInput)
    #expect((try listing() == before) as Bool)
    if new.contains("9") {
      var settings = fixture.settings
      (settings.output, settings.overwrite) = (path, true)
      let other = #expect(throws: TrainingError.self) {
        try Run.prepare(settings, command: ["test"], observer: Silence())
      }
      #expect(other?.message.contains(expected) == true)
      #expect((try listing() == before) as Bool)
    }
  }

  /// Event files are no part of the run, and a resumed run may have them or not. It is told where they are not whole.
  @Test(arguments: [
    (8, true, true), (8, true, false), (8, false, true), (8, false, false), (2, true, false), (2, false, true),
  ])
  func tensorBoardOfOneHalf(_ step: Int, _ before: Bool, _ now: Bool) throws {
    let folder = try TemporaryFolder()
    var fixture = try fixture()
    fixture.settings.tensorboard = before
    try run(fixture, in: folder, killedAfter: [step])
    fixture.settings.tensorboard = now
    let notes = Silence()
    #expect(try resume(fixture.settings, folder.path + "/run-killed-\(step)", notes).status == .completed)
    let told = notes.notes.filter { $0.contains("tensorboard") }
    switch (step, before, now) {
    case (8, true, false):
      #expect(
        told == [
          "the run was started with --tensorboard and is resumed without it: its event files get no further steps"
        ])
    case (8, false, true):
      #expect(
        told == [
          "the run was started without --tensorboard and is resumed with it: its event files begin after step 5"
        ])
    case (2, true, false):
      #expect(
        told == ["the run was started with --tensorboard and is resumed without it: its event files are removed"])
      #expect(!Files.exists(folder.path + "/run-killed-2/tensorboard"))
    default: #expect(told.isEmpty)
    }
  }

  /// `--resume` from the start: the same command each time.
  @Test func resumeOfWhatDoesNotExist() throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture()
    try run(fixture, in: folder, killedAfter: [])
    try resume(fixture.settings, folder.path + "/other")
    try expectSame(folder.path + "/run", folder.path + "/other")
  }

  @Test func twoStatesAreKept() throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture("bert-tiny", [("checkpoint_every", "2")])
    try run(fixture, in: folder, killedAfter: [2, 3, 13])
    func steps(_ step: Int) throws -> [Int] { try StateFolder(output: folder.path + "/run-killed-\(step)").steps() }
    #expect(try steps(2) == [0] && steps(3) == [2, 0] && steps(13) == [12, 10])
  }

  /// Tied and sequence-packed training, and a run that trains on text.
  @Test func pretraining() throws {
    let folder = try TemporaryFolder()
    var settings = RunSettings(.pretrain)
    for (key, value) in [
      ("model", SharedData.fixture("models/llama-tiny-lm")), ("text", SharedData.fixture("pretraining.txt")),
      ("max_steps", "9"), ("batch_size", "4"), ("checkpoint_every", "4"), ("threads", "2"), ("eval_every", "3"),
    ] { try settings.set(key, value, origin: "test") }
    settings.output = folder.path + "/run"
    let observer = Snapshots(of: folder.path + "/run", after: [6])
    _ = try Run.prepare(settings, command: ["test"], observer: observer).execute()
    #expect(try resume(settings, folder.path + "/run-killed-6").resumed == [4])
    try expectSame(folder.path + "/run", folder.path + "/run-killed-6")
  }

  /// The config is the one that was given, and not another beside it.
  @Test func pretrainingFromAConfigOfAnotherName() throws {
    let folder = try TemporaryFolder()
    let source = SharedData.fixture("models/llama-tiny-lm")
    try FileManager.default.copyItem(atPath: source, toPath: folder.path + "/model")
    let config = try Files.read(source + "/config.json")
    try folder.write("model/small.json", config)
    var settings = RunSettings(.pretrain)
    for (key, value) in [
      ("model", folder.path + "/model/small.json"), ("text", SharedData.fixture("pretraining.txt")),
      ("max_steps", "9"), ("batch_size", "4"), ("checkpoint_every", "4"), ("threads", "2"), ("save", "none"),
    ] { try settings.set(key, value, origin: "test") }
    settings.output = folder.path + "/run"
    let observer = Snapshots(of: folder.path + "/run", after: [6])
    _ = try Run.prepare(settings, command: ["test"], observer: observer).execute()
    let changed = Array(" ".utf8) + config
    try folder.write("model/small.json", changed)
    let fault = #expect(throws: TrainingError.self) { try resume(settings, folder.path + "/run-killed-6") }
    #expect(fault?.message.contains("model.files.config.json was") == true, "\(fault?.message ?? "")")
    try folder.write("model/small.json", config)
    try folder.write("model/config.json", changed)
    #expect(try resume(settings, folder.path + "/run-killed-6").resumed == [4])
  }

  @Test func intervals() {
    let cases: [(String, CheckpointInterval?)] = [
      ("1", .steps(1)), ("500", .steps(500)), ("60s", .seconds(60)), ("5m", .seconds(300)), ("2h", .seconds(7_200)),
      ("0", nil), ("-5", nil), ("0s", nil), ("s", nil), ("5 m", nil), ("1.5", nil), ("5x", nil), ("", nil),
      ("99999999999999999999", nil), ("9223372036854775807h", nil),
    ]
    for (text, expected) in cases {
      var settings = RunSettings()
      try? settings.set("checkpoint_every", text, origin: "test")
      #expect(settings.checkpointEvery == expected, "\(text)")
    }
    #expect(CheckpointInterval.seconds(60).isDue(after: 1, elapsed: .seconds(60)))
    #expect(!CheckpointInterval.seconds(60).isDue(after: 60, elapsed: .seconds(59)))
  }
}
