import ArgumentParser
import Foundation
import Results
import Support
import Training

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Score a fine-tuned model on a task's dev split.",
    discussion: "Example:\n  finetune evaluate --model RUN/model --task cola --data GLUE/CoLA")

  @Option(parsing: .unconditional, help: "Folder of a fine-tuned model.") var model: String
  @Option(parsing: .unconditional, help: "A folder of tasks/, or a path to a task.yaml.") var task: String
  @Option(parsing: .unconditional, help: "Folder of the benchmark's official files.") var data: String?
  @Option(parsing: .unconditional, help: "Longest sequence in tokens (default: the task's preset).") var maxLength:
    String?
  @Option(parsing: .unconditional, help: "Evaluate on the first N examples only.") var evalLimit: String?
  @Option(parsing: .unconditional, help: "Threads (default: all cores).") var threads: String?
  @Option(parsing: .unconditional, help: "Also write a predictions file here; it must not exist.") var predictions:
    String?
  @Flag(help: "Print the metrics as JSON on standard output.") var json = false

  func run() throws {
    var settings = RunSettings()
    let given: [(key: String, text: String?)] = [
      ("model", model), ("task", task), ("data", data), ("max_length", maxLength), ("eval_limit", evalLimit),
      ("threads", threads),
    ]
    try SettingKey.set(flags: given, in: &settings)
    if let predictions, FileManager.default.fileExists(atPath: predictions) {
      throw FileError.cannotCreate(path: predictions, reason: "it exists; choose another name")
    }
    let score = try DevScore(settings)
    for note in score.notes { FileHandle.standardError.write(Data("note: \(note)\n".utf8)) }
    if let predictions { try score.writePredictions(to: predictions) }
    if json {
      FileHandle.standardOutput.write(Data(score.json.serialized()))
    } else {
      print(
        TextTable.text(
          header: ["metric", "dev"], rows: score.metrics.map { [$0.name, TextTable.fixed($0.value, 4)] }))
      if score.isCollapsed { print("collapsed: every dev prediction is one class") }
    }
  }
}
