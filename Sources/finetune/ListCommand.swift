import ArgumentParser
import Models
import Optimizers
import Support
import Tasks

struct ListCommand: ParsableCommand {
  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case optimizers
    case tasks
    case models
  }

  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List optimizers and their options, tasks, or models.",
    discussion: "Examples:\n  finetune list optimizers\n  finetune list optimizers fira galore")

  @Argument(help: "optimizers, tasks or models.") var kind: Kind
  @Argument(help: "Those optimizers or tasks only.") var names: [String] = []

  func validate() throws {
    guard kind != .models || names.isEmpty else {
      throw ValidationError("list models takes no names, found \(names.joined(separator: " "))")
    }
  }

  func run() throws {
    switch kind {
    case .optimizers:
      for name in names.isEmpty ? OptimizerRegistry.names : names {
        let entry = try OptimizerRegistry.specification(name)
        print("\(entry.name): \(entry.summary) (rule: \(entry.source); default rate \(entry.learningRate))")
        for option in entry.options {
          print("  -O \(option.key)=\(option.defaultValue)  \(option.help); \(option.expected)")
        }
      }
    case .tasks:
      for name in names.isEmpty ? TaskRegistry.names : names {
        let task = try TaskRegistry.find(name)
        print(
          "\(task.name): \(task.title); \(task.labels.joined(separator: ", ")); primary metric \(task.primaryMetric.name)"
        )
      }
    case .models:
      print("model types: \(ModelRegistry.modelTypes.joined(separator: ", "))")
      for name in SearchPath(kind: "checkpoints").names(holding: "config.json") { print("checkpoint: \(name)") }
    }
  }
}
