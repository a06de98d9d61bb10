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
    discussion: "Example:\n  finetune list optimizers")

  @Argument(help: "optimizers, tasks or models.") var kind: Kind

  func run() throws {
    switch kind {
    case .optimizers:
      for entry in OptimizerRegistry.specifications {
        print("\(entry.name): \(entry.summary) (rule: \(entry.source); default rate \(entry.learningRate))")
        for option in entry.options {
          print("  -O \(option.key)=\(option.defaultValue)  \(option.help); \(option.expected)")
        }
      }
    case .tasks:
      for name in TaskRegistry.names {
        let task = try TaskRegistry.find(name)
        print(
          "\(task.name): \(task.title); \(task.labels.joined(separator: ", ")); primary metric \(task.primaryMetric.rawValue)"
        )
      }
    case .models:
      print("model types: \(ModelRegistry.modelTypes.joined(separator: ", "))")
      for name in SearchPath(kind: "checkpoints").names(holding: "config.json") { print("checkpoint: \(name)") }
    }
  }
}
