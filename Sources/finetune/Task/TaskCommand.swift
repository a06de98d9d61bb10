import ArgumentParser

struct TaskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "task", abstract: "Describe data of your own, and check what a description makes of its data.",
    discussion: """
      Examples:
        finetune task new --from reviews.csv
        finetune task check task.yaml
      """,
    subcommands: [TaskNewCommand.self, TaskCheckCommand.self])
}
