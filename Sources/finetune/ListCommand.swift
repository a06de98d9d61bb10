import ArgumentParser
import Models
import Optimizers
import Support
import Tasks
import Training

struct ListCommand: ParsableCommand {
  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case optimizers
    case methods
    case tasks
    case models
  }

  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List optimizers or methods and their options, tasks, or models.",
    discussion: "Examples:\n  finetune list optimizers\n  finetune list optimizers fira galore")

  @Argument(help: "optimizers, methods, tasks or models.") var kind: Kind
  @Argument(help: "Those optimizers or tasks only.") var names: [String] = []

  func validate() throws {
    guard [.optimizers, .tasks].contains(kind) || names.isEmpty else {
      throw ValidationError("list \(kind.rawValue) takes no names, found \(names.joined(separator: " "))")
    }
  }

  func run() throws {
    switch kind {
    case .optimizers:
      for name in names.isEmpty ? OptimizerRegistry.names : names {
        let entry = try OptimizerRegistry.specification(name)
        var lines = ["\(entry.name): \(entry.summary) (rule: \(entry.source); default rate \(entry.learningRate))"]
        lines += entry.options.map { "  -O \($0.key)=\($0.defaultValue)  \($0.help); \($0.expected)" }
        try Console.output(lines.joined(separator: "\n"))
      }
    case .methods:
      for method in Method.allCases {
        let lines =
          ["\(method.rawValue): \(method.summary)"]
          + method.options.map { "  -M \($0.key)=\($0.defaultValue)  \($0.help); \($0.expected)" }
        try Console.output(lines.joined(separator: "\n"))
      }
    case .tasks: try listTasks()
    case .models:
      try Console.output("model types: \(ModelRegistry.modelTypes.joined(separator: ", "))")
      for name in SearchPath(.checkpoints).names { try Console.output("checkpoint: \(name)") }
    }
  }

  /// Lists every valid task before it reports the invalid ones, so that one invalid task does not hide the others.
  ///
  /// - Throws: the last `TaskError`; the earlier ones are printed to standard error.
  private func listTasks() throws {
    var faults: [TaskError] = []
    for name in names.isEmpty ? TaskRegistry.names : names {
      let task: BenchmarkTask
      do throws(TaskError) { task = try TaskRegistry.find(name) } catch {
        faults.append(error)
        continue
      }
      try Console.output(ListCommand.lines(task).joined(separator: "\n"))
    }
    for fault in faults.dropLast() { Console.note("error: \(fault.message)") }
    if let last = faults.last { throw last }
  }

  /// A task in a few short lines, one more for each further format.
  private static func lines(_ task: BenchmarkTask) -> [String] {
    func line(_ task: BenchmarkTask) -> String {
      let labels = task.labels.isEmpty ? "" : " of \(task.labels.joined(separator: ", "))"
      return [
        task.kind.rawValue + labels, "\(task.formatOfFiles): \(task.splits.map(\.split.name).joined(separator: ", "))",
        "protocol \(task.protocols.map(\.rawValue).joined(separator: " or "))",
        "primary metric \(task.primaryMetric.name)",
      ].joined(separator: "; ")
    }
    return ["\(task.name): \(task.title)", "  " + line(task)]
      + task.otherFormats.compactMap { name in
        (try? TaskRegistry.find(task.path, format: name)).map { "  --format \(name): \(line($0))" }
      }
  }
}
