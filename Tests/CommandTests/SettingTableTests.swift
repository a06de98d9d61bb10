import Foundation
import Grid
import Support
import Tensors
import TestSupport
import Testing
import Training

/// Every option of `run` is a flag, a key of a file, a member of the recorded configuration, and an axis of a grid.
@Suite struct SettingTableTests {
  /// A value of each option that is not its default, as text and as the record has it.
  private static let samples: [String: (text: String, json: JSON)] = [
    "task": ("cola", .text("cola")), "model": ("m", .text("m")), "data": ("d", .text("d")),
    "format": ("original", .text("original")), "protocol": ("classification", .text("classification")),
    "train_on_prompt": ("true", .bool(true)), "beams": ("4", .integer(4)), "doc_stride": ("64", .integer(64)),
    "max_answer_length": ("9", .integer(9)), "null_score_diff_threshold": ("1.5", .real(1.5)),
    "train_limit": ("5", .integer(5)), "eval_limit": ("6", .integer(6)), "new_head": ("true", .bool(true)),
    "method": ("head", .text("head")), "method_option": ("rank=2 alpha=4", .text("rank=2 alpha=4")),
    "base": ("demo", .text("demo")), "optimizer": ("fira", .text("fira")),
    "learning_rate": ("0.25", .real(0.25)), "schedule": ("cosine", .text("cosine")),
    "schedule_power": ("2.5", .real(2.5)), "schedule_cycles": ("3", .integer(3)), "schedule_decay": ("0.5", .real(0.5)),
    "warmup_ratio": ("0.5", .real(0.5)), "warmup_steps": ("3", .integer(3)), "batch_size": ("7", .integer(7)),
    "accumulate": ("2", .integer(2)), "tokens_per_batch": ("512", .integer(512)),
    "epochs": ("1.5", .real(1.5)), "max_steps": ("9", .integer(9)),
    "max_length": ("11", .integer(11)), "weight_decay": ("0.75", .real(0.75)), "gradient_clip": ("2.5", .real(2.5)),
    "layer_decay": ("0.5", .real(0.5)), "label_smoothing": ("0.25", .real(0.25)),
    "class_weights": ("a=2.5,b=0.5", .text("a=2.5,b=0.5")), "dropout": ("0.125", .real(0.125)),
    "random_init": ("true", .bool(true)), "seed": ("13", .integer(13)),
    "weights": ("bf16", .text("bf16")), "recompute": ("layer", .text("layer")),
    "update_in_backward": ("true", .bool(true)),
    "no_shuffle": ("true", .bool(true)), "threads": ("1", .integer(1)), "precision": ("bf16", .text("bf16")),
    "eval_every": ("4", .integer(4)),
    "early_stopping": ("3", .integer(3)), "save": ("last", .text("last")),
    "capture": ("second-moments@1,2", .text("second-moments@1,2")),
    "checkpoint_every": ("60s", .text("60s")), "resume": ("true", .bool(true)),
    "output": ("o", .text("o")), "overwrite": ("true", .bool(true)), "force": ("true", .bool(true)),
    "tensorboard": ("true", .bool(true)), "profile": ("t.json", .text("t.json")),
    "quiet": ("true", .bool(true)), "json": ("true", .bool(true)),
  ]

  private func sample(_ setting: Setting) throws -> (text: String, json: JSON) {
    try #require(SettingTableTests.samples[setting.key], "\(setting.key) has no sample value here")
  }

  @Test func everyOptionIsAFlag() throws {
    let folder = try TemporaryFolder()
    let help = try Program.run(["run", "--help"], in: folder).output
    for setting in Setting.all(of: .run) {
      #expect(help.contains("  \(setting.flag) "), "\(setting.flag)")
      // A flag that is known says what is wrong with its value, and names itself.
      guard !setting.isFlag else { continue }
      let outcome = try Program.run([setting.flag, ""], in: folder)
      #expect(outcome.status == 64 && outcome.errors.contains("\(setting.flag): found \"\""), "\(outcome.errors)")
    }
  }

  @Test(arguments: Setting.all(of: .run).map(\.key)) func everyOptionIsAKeyAndIsRecorded(_ key: String) throws {
    let folder = try TemporaryFolder()
    let setting = try #require(Setting.all(of: .run).first { $0.key == key })
    let (text, json) = try sample(setting)
    var settings = RunSettings()
    #expect(settings.recorded[key] != json)
    try SettingsFile.apply(try folder.write("c.yaml", "\(key): \(text)"), to: &settings)
    #expect(settings.given.map(\.key) == [key])
    #expect(settings.recorded[key] == (setting.isRecorded ? json : nil))
  }

  @Test(.enabled(if: !Precision.bfloat16.isSupported)) func aPrecisionThisCPULacksIsRefused() throws {
    let outcome = try Program.run(["--precision", "bf16", "--output", "out"], in: try TemporaryFolder())
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("--precision: found bf16, but this CPU has no instructions for it"))
  }

  @Test(arguments: Setting.all(of: .run).map(\.key)) func everyOptionIsAnAxis(_ key: String) throws {
    let setting = try #require(Setting.all(of: .run).first { $0.key == key })
    var text = try sample(setting).text
    // A task and a checkpoint must be there.
    if key == "model" { text = "demo" }
    if key == "data" { text = SharedData.packageRoot + "/tasks/cola/sample" }
    // A grid is refused at once where this CPU cannot run it.
    if key == "precision" && !Precision.bfloat16.isSupported { text = Precision.float32.rawValue }
    var axes = GridAxes()
    axes.setFixed("task", SharedData.packageRoot + "/tasks/cola/task.yaml")
    axes.setFixed("model", SharedData.packageRoot + "/checkpoints/demo")
    if key == "format" { axes.setFixed("data", SharedData.packageRoot + "/tasks/cola/sample") }
    if key == "task" || key == "model" { text = axes.fixed.first { $0.key == key }?.text ?? "" }
    // These belong to one schedule each.
    let schedules = [
      "schedule_power": "polynomial", "schedule_cycles": "cosine-with-restarts", "schedule_decay": "wsd",
    ]
    if key == "method_option" { axes.setFixed("method", "lora") }
    if let schedule = schedules[key] { axes.setFixed("schedule", schedule) }
    try axes.setAxis(key, [text], origin: "test")
    let cell = try #require(try axes.cells().first)
    guard setting.isRecorded else {
      #expect(cell.setting(key) == nil)
      return
    }
    #expect(cell.setting(key) == text)
    let arguments = cell.arguments(output: "out")
    #expect(setting.isFlag ? arguments.contains(setting.flag) : arguments.contains(text))
  }

  /// A flag beats a file, also where the file gives the other of an exclusive group; and a grid does what a run does.
  @Test(arguments: [
    ("max_steps: 7", "epochs", "0.5", ["epochs"]), ("epochs: 3", "max_steps", "7", ["max_steps"]),
    ("warmup_steps: 5", "warmup_ratio", "0.1", ["warmup_ratio"]),
    ("warmup_ratio: 0.2", "warmup_steps", "4", ["warmup_steps"]),
    // Within one file max_steps beats epochs, and warmup_steps a share.
    (
      "max_steps: 7\nepochs: 3\nwarmup_steps: 5\nwarmup_ratio: 0.1", "seed", "1", ["max_steps", "warmup_steps", "seed"]
    ),
    ("max_steps: 7\nepochs: 3", "epochs", "2", ["epochs"]),
  ]) func aFlagBeatsAFile(_ file: String, _ key: String, _ text: String, _ kept: [String]) throws {
    let folder = try TemporaryFolder()
    var settings = RunSettings()
    try SettingsFile.apply(try folder.write("c.yaml", file), to: &settings)
    try settings.take([GivenSetting(flag: key, text)])
    #expect(settings.given.map(\.key) == kept)
    var alone = RunSettings()
    try alone.take(settings.given)
    #expect(alone.recorded == settings.recorded)

    var axes = GridAxes()
    axes.setFixed("task", SharedData.packageRoot + "/tasks/cola/task.yaml")
    axes.setFixed("model", SharedData.packageRoot + "/checkpoints/demo")
    for entry in settings.given { axes.setFixed(entry.key, entry.text) }
    let cell = try #require(try axes.cells().first)
    #expect(cell.settings.map(\.key).filter { $0 != "task" && $0 != "model" } == kept)
  }

  /// The same holds where the file is a grid's, and a list that could have no effect is refused.
  @Test func aGridFileIsALayer() throws {
    let folder = try TemporaryFolder()
    let task = SharedData.packageRoot + "/tasks/cola/task.yaml"
    let both = try folder.write("g.yaml", "task: \(task)\nmax_steps: 7\nepochs: 3\nwarmup_ratio: null")
    var axes = try GridFile.read(both)
    #expect(axes.fixed.map(\.key) == ["task", "max_steps"])
    axes.setFixed("epochs", "2")
    #expect(axes.fixed.map(\.key) == ["task", "epochs"])
    let idle = try folder.write("idle.yaml", "task: \(task)\nmax_steps: 7\nepochs: [1, 2]")
    #expect { try GridFile.read(idle) } throws: { error in
      (error as? GridError)?.message.contains("no effect beside max_steps") == true
    }
  }

  @Test func runAndGridTakeTheSameSteps() throws {
    let folder = try TemporaryFolder()
    let config = try folder.write("c.yaml", "max_steps: 7\nwarmup_steps: 2")
    let options = [
      "--config", config, "--epochs", "0.1", "--warmup-ratio", "0.5", "--model",
      SharedData.fixture("models/bert-tiny"), "--data", SharedData.fixture("data/cola"), "--threads", "1", "--quiet",
    ]
    #expect(try Program.run(["--task", "cola", "--output", "run"] + options, in: folder).status == 0)
    #expect(try Program.run(["grid", "--tasks", "cola", "--output", "grid"] + options, in: folder).status == 0)
    func steps(_ path: String) throws -> Int {
      try Files.read(folder.path + "/" + path + "/train_log.jsonl").count { $0 == UInt8(ascii: "\n") }
    }
    #expect(try steps("run") == 1)
    #expect(try steps("grid/cola-adamw-seed42") == 1)
  }
}
