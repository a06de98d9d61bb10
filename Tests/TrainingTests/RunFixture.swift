import Foundation
import Results
import Support
import TestSupport
import Training

/// Shows nothing, and keeps the notes.
final class Silence: RunObserver {
  private(set) var notes: [String] = []

  func note(_ text: String) { notes.append(text) }
}

/// A run on the fixtures' small checkpoints and generated data.
struct RunFixture {
  var settings = RunSettings()

  /// - Parameter values: settings by configuration key.
  init(model: String, task: String, _ values: [(String, String)]) throws {
    try set("model", SharedData.fixture("models/\(model)"))
    try set("task", SharedData.packageRoot + "/tasks/\(task)/task.yaml")
    try set("data", SharedData.fixture("data/\(task)"))
    for (key, value) in values { try set(key, value) }
  }

  /// Makes the model one folder of weights of `model` and tokenizer files of `tokenizer`.
  mutating func lend(_ tokenizer: String, to model: String, in folder: TemporaryFolder) throws {
    for source in ["tokenizers/folders/\(tokenizer)", "models/\(model)"] {
      let path = SharedData.fixture(source)
      for file in try FileManager.default.contentsOfDirectory(atPath: path) {
        try folder.write("model/\(file)", Files.read(path + "/" + file))
      }
    }
    try set("model", folder.path + "/model")
  }

  mutating func set(_ key: String, _ value: String) throws {
    try settings.take([GivenSetting(flag: key, value)])
  }

  /// Runs to the end, and returns the result and the log's lines.
  func execute(in folder: TemporaryFolder, name: String = "run", observer: Silence = Silence()) throws -> (
    result: RunRecord, log: [JSON]
  ) {
    var settings = settings
    settings.output = folder.path + "/" + name
    let result = try Run.prepare(settings, command: ["test"], observer: observer).execute()
    let lines = try Files.read(folder.path + "/\(name)/train_log.jsonl").split(separator: UInt8(ascii: "\n"))
    return (result, try lines.map { try JSON.parse($0) })
  }
}
