import ArgumentParser
import Support
import Training

struct TaskCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Read all data of a task and tell what is in them, with every fault.",
    discussion: """
      Examples:
        finetune task check reviews/task.yaml
        finetune task check cola --data GLUE/CoLA --model MODEL
      Shows the files of each split with SHA-256, numbers of examples beside the official ones, how often each answer
      occurs, lengths in tokens, examples as a model reads them (cut after 500 characters), duplicates, what train and dev
      share, and up to 100 faults of each split with file and line. Warns of labels that dev lacks and of quoted fields of
      many lines. Ends with status 65 where there are faults, else 0.
      """)

  @Argument(help: "A task's name, the path of a task.yaml, or of its folder.") var task: String
  @Option(parsing: .unconditional, help: "The folder or zip archive of the data (default: beside task.yaml).")
  var data: String?
  @Option(parsing: .unconditional, help: "Another format of the task's data, e.g. llm-adapters.") var format: String?
  @Option(parsing: .unconditional, help: "The checkpoint whose tokenizer counts tokens (default: demo).")
  var model: String?
  @Flag(help: "Print the result as JSON on standard output.") var json = false

  func run() throws {
    ThreadPool.shared.configure(threads: ThreadPool.availableProcessors)
    let check = try TaskCheck(task, data: data, format: format, model: model)
    try json ? Console.output(check.json.serialized()) : Console.output(TaskCheckText.text(check))
    guard check.faultCount > 0 else { return }
    Console.note(
      "error: task \(check.task.name): \(check.faultCount == 1 ? "1 fault" : "\(check.faultCount) faults") in its data; "
        + "a run would stop at the first")
    throw ExitCode(ExitStatus.badInput.rawValue)
  }
}
