import ArgumentParser
import Support
import Tasks

struct TaskNewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Write a first task.yaml from a look at a data file.",
    discussion: """
      Examples:
        finetune task new --from reviews/reviews.csv
        finetune task new --from reviews.csv --output reviews-task
      Reads TSV, CSV, JSON or JSON Lines, also compressed with gzip, and guesses which field is what. The task.yaml
      explains each guess, and marks with CHECK what to look at. It is written beside the file, where a run finds the data
      by itself; in another folder (--output), runs need --data.
      """)

  @Option(parsing: .unconditional, help: "The data file. Files beside it named dev, valid or test become splits.")
  var from: String
  @Option(parsing: .unconditional, help: "The folder of the new task.yaml (default: that of the file).")
  var output: String?

  func run() throws {
    switch Files.kind(from) {
    case .file?: break
    case nil: throw FileError.missing(path: from)
    case .folder?: throw FileError.isDirectory(path: from)
    case .hidden(let reason)?: throw FileError.unreadable(path: from, reason: reason)
    // Its task.yaml would name a file that no run can read again.
    case .other?:
      throw FileError.unreadable(path: from, reason: "it is no regular file; write the data to a file first")
    }
    let folder = Files.parent(of: from) ?? "."
    let target = output ?? folder
    let path = target == "." ? "task.yaml" : target + "/task.yaml"
    guard !Files.exists(path) else {
      throw FileError.cannotCreate(path: path, reason: "it exists; choose another --output, or move it away")
    }
    let draft = try TaskDraft(from: from)
    if output != nil { _ = try Files.makeNewFolder(target) }
    try Files.writeAtomically(path, Array(draft.text.utf8))
    // The program reads what it wrote, so that a name that YAML takes otherwise is noticed here.
    _ = try TaskRegistry.find(TaskNewCommand.asPath(path))
    let data = output.map { Files.isSame($0, folder) ? "" : " --data \(TaskNewCommand.quoted(folder))" } ?? ""
    let task = TaskNewCommand.quoted(TaskNewCommand.asPath(path))
    var lines = [path]
    lines += draft.checks.map { "CHECK: \($0)" }
    lines += [
      "next, look at what it makes of the data, and train:",
      "  finetune task check \(task)\(data)",
      "  finetune run --task \(task)\(data) --model MODEL --output RUN",
    ]
    try Console.output(lines.joined(separator: "\n"))
  }

  /// A name without a slash could be that of a bundled task.
  private static func asPath(_ path: String) -> String { path.contains("/") ? path : "./" + path }

  /// A word of a shell command.
  private static func quoted(_ text: String) -> String {
    text.allSatisfy { $0.isLetter || $0.isNumber || "/._-=+".contains($0) }
      ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
