import Foundation
import Support
import TestSupport
import Testing

/// The arguments of a run that takes a fraction of a second.
private func tinyRun(steps: Int = 40, _ more: [String] = []) -> [String] {
  [
    "--task", "cola", "--model", SharedData.fixture("models/bert-tiny"), "--data", SharedData.fixture("data/cola"),
    "--max-steps", String(steps), "--threads", "1", "--batch-size", "4",
  ] + more
}

/// What the world may do to a run: nowhere to write to, others at work in its folder, limits, odd names.
@Suite(.serialized) struct WorldTests {
  private func status(_ folder: TemporaryFolder, _ output: String = "o") -> String? {
    (try? JSON.parse(Files.read(folder.path + "/\(output)/results.json")))?["status"]?.string
  }

  /// Progress that cannot be shown is no reason to lose a run.
  @Test(arguments: [
    "exec 2>/dev/full", "exec 2>&-",
    // A pipe that is full and that nobody reads.
    "mkfifo p; exec 3<>p; head -c 65536 /dev/zero >p; exec 2>p",
  ]) func progressCannotBeWritten(_ shell: String) throws {
    let folder = try TemporaryFolder()
    let (_, finish) = try Program.start(
      tinyRun(steps: 40, ["--eval-every", "2", "--output", "o"]), in: folder, after: shell)
    let outcome = try finish()
    #expect(outcome.status == 0 && outcome.output.contains("completed"))
    #expect(status(folder) == "completed")
  }

  /// A result that cannot be printed is no success, and it is not lost.
  @Test(
    arguments: ["exec >/dev/full", "exec >&-", "exec >&- 2>&-", "trap '' PIPE; mkfifo p; cat p & exec >p; kill $!"],
    [true, false])
  func resultCannotBePrinted(_ shell: String, json: Bool) throws {
    let folder = try TemporaryFolder()
    let (_, finish) = try Program.start(
      tinyRun(steps: 40, ["--output", "o"] + (json ? ["--json"] : [])), in: folder, after: shell)
    let outcome = try finish()
    #expect(outcome.status == 74)
    if !shell.contains("2>&-") { #expect(outcome.errors.contains("it is in o"), "\(outcome.errors)") }
    #expect(status(folder) == "completed")
  }

  /// A disk that is full, here a limit of the size of a file, costs no whole line and leaves no half one.
  @Test func logCannotGrow() throws {
    let folder = try TemporaryFolder()
    let (_, finish) = try Program.start(
      tinyRun(steps: 400, ["--output", "o", "--save", "none", "--eval-every", "10000"]), in: folder,
      after: "ulimit -f 8")
    let outcome = try finish()
    #expect(
      outcome.status == 74 && outcome.errors.contains("train_log.jsonl: writing failed: File too large"),
      "\(outcome.errors)")
    let log = try Files.read(folder.path + "/o/train_log.jsonl")
    #expect(log.count > 3_000 && log.last == UInt8(ascii: "\n"))
    for line in log.split(separator: UInt8(ascii: "\n")) { _ = try JSON.parse(Array(line)) }
  }

  /// What is opened while the standard streams are closed must not get their numbers.
  @Test func noStandardStreams() throws {
    let folder = try TemporaryFolder()
    let (_, finish) = try Program.start(tinyRun(steps: 40, ["--output", "o"]), in: folder, after: "exec <&- >&- 2>&-")
    #expect(try finish().status == 74)
    for line in try Files.read(folder.path + "/o/train_log.jsonl").split(separator: UInt8(ascii: "\n")) {
      _ = try JSON.parse(Array(line))
    }
  }

  @Test func aRunThatIsGoingOnIsNotReplaced() throws {
    let folder = try TemporaryFolder()
    let (process, finish) = try Program.start(tinyRun(steps: 1_000_000, ["--seed", "7", "--output", "o"]), in: folder)
    #expect(wait { !process.isRunning || ((try? Files.read(folder.path + "/o/train_log.jsonl").count) ?? 0) > 100 })
    for more in [["--overwrite"], []] {
      let other = try TemporaryFolder()
      let second = try Program.run(
        tinyRun(steps: 40, ["--seed", "8", "--output", folder.path + "/o"] + more), in: other)
      #expect(second.status == 73, "\(second.errors)")
      if !more.isEmpty {
        #expect(second.errors.contains("process \(process.processIdentifier) on "), "\(second.errors)")
      }
    }
    kill(process.processIdentifier, SIGTERM)
    #expect(try finish().status == 75)
    let json = try JSON.parse(Files.read(folder.path + "/o/results.json"))
    #expect(json["seed"]?.integer == 7 && json["status"]?.string == "interrupted")
    #expect(try Program.run(tinyRun(steps: 40, ["--output", "o", "--overwrite"]), in: folder).status == 0)
  }

  /// A process that was killed holds nothing.
  @Test func aKilledRunIsReplaced() throws {
    let folder = try TemporaryFolder()
    let (process, finish) = try Program.start(tinyRun(steps: 1_000_000, ["--output", "o"]), in: folder)
    #expect(wait { !process.isRunning || ((try? Files.read(folder.path + "/o/train_log.jsonl").count) ?? 0) > 100 })
    kill(process.processIdentifier, SIGKILL)
    _ = try finish()
    #expect(try Program.run(tinyRun(steps: 40, ["--output", "o", "--overwrite"]), in: folder).status == 0)
  }

  @Test func runsOfOneSecondHaveTheirOwnFolders() throws {
    let folder = try TemporaryFolder()
    let waiting = try (0..<6).map { _ in try Program.start(tinyRun(steps: 3, ["--save", "none"]), in: folder).1 }
    for finish in waiting { #expect(try finish().status == 0) }
    #expect(try Files.entries(folder.path + "/runs").count == 6)
  }

  @Test(arguments: ["touch o", "ln -s nowhere o"]) func outputIsNoFolder(_ shell: String) throws {
    let folder = try TemporaryFolder()
    let (_, finish) = try Program.start(tinyRun(steps: 40, ["--output", "o"]), in: folder, after: shell)
    let outcome = try finish()
    #expect(outcome.status == 73 && outcome.errors.contains("o: cannot be created"), "\(outcome.errors)")
  }

  /// One processor of the machine's, by the affinity mask.
  @Test func theAffinityMaskIsFollowed() throws {
    let folder = try TemporaryFolder()
    let arguments = tinyRun(steps: 40, ["--output", "o"])
    let threads = arguments.firstIndex(of: "--threads") ?? 0
    let (_, finish) = try Program.start(
      Array(arguments[..<threads] + arguments[(threads + 2)...]), in: folder, after: "taskset -p -c 0 $$ >/dev/null")
    #expect(try finish().status == 0)
    let json = try JSON.parse(Files.read(folder.path + "/o/results.json"))
    #expect(json["environment"]?["threads"]?.integer == 1)
  }

  @Test func theDataSegmentIsLimited() throws {
    let folder = try TemporaryFolder()
    let (_, finish) = try Program.start(tinyRun(steps: 40, ["--output", "o"]), in: folder, after: "ulimit -d 100000")
    let outcome = try finish()
    #expect(outcome.status == 64 && outcome.errors.contains("(ulimit -d)"), "\(outcome.errors)")
  }

  /// All cells are of the program that was started.
  @Test func theProgramIsReplacedDuringAGrid() throws {
    let folder = try TemporaryFolder()
    let shell = """
      cp "$0" f; (while [ ! -e g/grid.json ]; do sleep 0.01; done; rm f; echo none >f; chmod +x f) & exec ./f "$@"
      """
    let (_, finish) = try Program.start(
      ["grid", "--tasks", "cola", "--learning-rates", "1e-3,2e-3,3e-3", "--output", "g"] + tinyRun().dropFirst(2),
      in: folder,
      ["FINETUNE_HOME": SharedData.packageRoot], after: shell)
    let outcome = try finish()
    #expect(outcome.status == 0, "\(outcome.errors)")
    let cells = try JSON.parse(Files.read(folder.path + "/g/grid.json"))["cells"]?.array ?? []
    #expect(cells.compactMap { $0["status"]?.string } == ["completed", "completed", "completed"])
  }

  @Test func aGridOverLongPaths() throws {
    let folder = try TemporaryFolder()
    let deep = folder.path + "/" + Array(repeating: String(repeating: "m", count: 60), count: 5).joined(separator: "/")
    try Files.makeFolders(deep)
    for name in ["a", "b"] {
      try FileManager.default.copyItem(atPath: SharedData.fixture("models/bert-tiny"), toPath: deep + "/" + name)
    }
    try folder.write("g.yaml", "task: cola\nmodel: [\(deep)/a, \(deep)/b]\n")
    let options = tinyRun(steps: 2)
    let outcome = try Program.run(["grid", "--grid", "g.yaml", "--output", "g"] + options[4...], in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let names = try Files.entries(folder.path + "/g").filter { $0.hasPrefix("cola-") }
    #expect(names.count == 2 && names.allSatisfy { $0.utf8.count <= 200 && $0.hasSuffix("-seed42") }, "\(names)")
  }

  /// The bytes of a path are used as they are given, in a grid's cells too.
  @Test(arguments: [false, true]) func aPathThatIsNotUTF8(isGrid: Bool) throws {
    let folder = try TemporaryFolder()
    let data = SharedData.fixture("data/cola")
    let shell = """
      d="$(printf 'd\\351')"; cp -r '\(data)' "$d"; exec "$0" "$@" --data "$d" --output "$(printf 'o\\351')"
      """
    var options = tinyRun(steps: 2)
    options.removeSubrange(4...5)
    if isGrid { options = ["grid", "--tasks", "cola"] + options[2...] }
    let (_, finish) = try Program.start(options, in: folder, after: shell)
    let outcome = try finish()
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try Files.entries(folder.path).contains(PathText.text([0x6F, 0xE9])))
    #expect(Files.exists(folder.path + "/o\u{10FFE9}/" + (isGrid ? "grid.json" : "results.json")))
  }

  @Test func ownFoldersOfTasksAndCheckpoints() throws {
    let folder = try TemporaryFolder()
    try folder.write("tasks/cola/notes.json", "{}")
    try folder.write("tasks/mine/task.yaml", "name: [")
    try FileManager.default.createDirectory(
      atPath: folder.path + "/checkpoints/demo", withIntermediateDirectories: true)
    let run = try Program.run(tinyRun(steps: 2, ["--output", "o"]), in: folder)
    #expect(run.status == 0 && run.errors.contains("tasks/cola holds no task.yaml"), "\(run.errors)")
    let list = try Program.run(["list", "tasks"], in: folder)
    #expect(list.status == 65 && list.errors.contains("tasks/mine/task.yaml:"), "\(list.errors)")
    #expect(list.output.contains("cola: ") && list.output.contains("mrpc: "), "\(list.output)")
    let options = tinyRun(steps: 2)
    let demo = try Program.run(Array(options[..<2] + options[4...]) + ["--output", "demo-run"], in: folder)
    #expect(demo.status == 0 && demo.errors.contains("checkpoints/demo holds no config.json"), "\(demo.errors)")
    let other = try Program.run(["--task", folder.path + "/tasks/cola", "--output", "p"], in: folder)
    #expect(other.status == 66 && other.errors.contains("tasks/cola is a folder without task.yaml"), "\(other.errors)")
  }

  /// A folder that is there comes before a bundled checkpoint of its name.
  @Test func aPathBeforeAName() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: SharedData.fixture("models/bert-tiny"), toPath: folder.path + "/demo")
    var options = tinyRun(steps: 2, ["--output", "o"])
    options[3] = "demo"
    let outcome = try Program.run(options, in: folder)
    #expect(
      outcome.status == 0 && outcome.errors.contains("model demo is the one in this folder, not "), "\(outcome.errors)")
    let json = try JSON.parse(Files.read(folder.path + "/o/results.json"))
    #expect(json["model"]?["architecture"]?.string == "BertForSequenceClassification")
  }

  /// The process is bound to one processor while libraries start, and must get back all that it had: its parent's, which
  /// is no program of ours.
  @Test func everyProcessorIsGivenBack() throws {
    func processors(_ process: String) throws -> [Substring] {
      let line = try #require(Files.lines("/proc/\(process)/status").first { $0.hasPrefix("Cpus_allowed:") })
      return line.split(separator: "\t")
    }
    #expect(try processors("self") == processors("\(getppid())"))
    let folder = try TemporaryFolder()
    let arguments = [
      "--task", "cola", "--model", CommandTests.model, "--data", CommandTests.data, "--max-steps", "1", "--save",
      "none",
      "--json",
    ]
    let outcome = try Program.run(arguments, in: folder)
    let threads = try JSON.parse(Array(outcome.output.utf8))["environment"]?["threads"]?.integer
    #expect(threads == Processors.allowed())
  }

  /// `--overwrite` replaces what the run before wrote, and nothing that the user put beside it.
  @Test func overwritingKeepsWhatIsTheUsers() throws {
    let folder = try TemporaryFolder()
    let run = tinyRun(steps: 2, ["--quiet", "--output", "o"])
    #expect(try Program.run(run, in: folder).status == 0)
    let mine = ["o/predictions-mine.tsv", "o/notes.tmp-1.md", "o/second-moments-plot.safetensors", "o/model/notes.md"]
    for name in mine { try folder.write(name, "mine") }
    let old = try Files.read(folder.path + "/o/results.json")
    #expect(try Program.run(run + ["--overwrite", "--seed", "2"], in: folder).status == 0)
    #expect(try Files.read(folder.path + "/o/results.json") != old)
    for name in mine { #expect(try Files.read(folder.path + "/" + name) == Array("mine".utf8)) }
    // An analysis of a run may not be written over that run.
    let capture = tinyRun(steps: 2, ["--quiet", "--capture", "second-moments@1", "--output", "c"])
    #expect(try Program.run(capture, in: folder).status == 0)
    let analysis = ["analyze", "factorization", "--input", "c", "--output", "c", "--overwrite"]
    #expect(try Program.run(analysis, in: folder).status == 73)
    #expect(Files.exists(folder.path + "/c/second-moments-1.safetensors"))
    // A folder with files of such names, which no run has claimed, is not a run.
    for name in ["f/train_log.jsonl", "f/model/weights.pt"] { try folder.write(name, "mine") }
    #expect(try Program.run(tinyRun(steps: 1, ["--overwrite", "--output", "f"]), in: folder).status == 73)
    #expect(Files.exists(folder.path + "/f/model/weights.pt"))
  }
}
