import Support

/// Why a task or its data cannot be used.
package enum TaskError: UserError, Equatable {
  case unknownTask(name: String, known: [String])
  /// The folder holds no `task.yaml`.
  case noDescription(task: String, folder: String)
  /// A fault in `task.yaml`. Lines count from 1.
  case badDescription(path: String, line: Int, reason: String)
  /// None of the tried folders exists.
  case noData(task: String, tried: [String])
  /// The `task.yaml` at `path` has no such split.
  case noSplit(task: String, split: String, path: String, known: [String])
  /// The split's data file is missing.
  case missingSplit(task: String, split: String, path: String)
  /// The file of `--input` is missing.
  case noInput(task: String, split: String, path: String)
  /// What `--data` names is no folder of data, as the reason says.
  case badData(path: String, reason: String)
  /// A fault in a line of a data file. Lines count from 1.
  case badLine(path: String, line: Int, reason: String)
  case empty(path: String)
  /// A file has lines, but no example for this split, as the reason says.
  case noExamples(path: String, reason: String)
  /// An example that is trained on or scored has no label.
  case noAnswer(path: String, line: Int, split: String)
  case unreadable(FileError)
  /// Neither a folder nor a zip archive is at the path.
  case noFolder(path: String)
  /// A compressed file that is cut off, damaged, locked or too large.
  case badArchive(path: String, reason: String)
  /// The `task.yaml` at `path` has no such format.
  case noFormat(task: String, format: String, path: String, known: [String])
  /// The task cannot be trained or scored in that way.
  case noProtocol(task: String, name: String, known: [String])

  package var message: String {
    switch self {
    case .unknownTask(let name, let known):
      known.isEmpty
        ? "task \(name): there is no folder of tasks here; set FINETUNE_HOME to the folder that holds tasks/, or give the path of a task.yaml"
        : "task \(name): no such task; expected one of \(known.joined(separator: ", ")), or the path of a task.yaml"
    case .badDescription(let path, let line, let reason): "\(path):\(line): \(reason)"
    case .noDescription(let task, let folder):
      "task \(task): \(folder) is a folder without task.yaml; expected a task's folder, or the path of a task.yaml"
    case .noData(let task, let tried):
      "task \(task): no folder \(tried.joined(separator: " or ")); expected the folder that holds the files of its splits: "
        + "give it with --data"
    case .missingSplit(let task, let split, let path):
      "\(path): missing; task \(task) reads its \(split) split from it: check --data"
    case .noInput(let task, let split, let path):
      "--input \(path): no such file; expected a file in the layout of task \(task)'s \(split) split"
    case .badData(let path, let reason): "--data \(path): \(reason)"
    case .noSplit(let task, let split, let path, let known):
      "\(path): task \(task) has no split \(split); expected one of \(known.joined(separator: ", "))"
    case .badLine(let path, let line, let reason): "\(path):\(line): \(reason)"
    case .noAnswer(let path, let line, let split):
      "\(path):\(line): example without a label; expected one for every example of split \(split), which is trained on or "
        + "scored: choose a file or split with labels"
    case .empty(let path): "\(path): holds no examples; expected at least one line of data"
    case .noExamples(let path, let reason): "\(path): \(reason)"
    case .noFormat(let task, let format, let path, let known):
      "\(path): task \(task) has no format \(format); expected "
        + (known.isEmpty ? "none: leave --format out" : "one of \(known.joined(separator: ", ")), or none for its own")
    case .noProtocol(let task, let name, let known):
      "task \(task): --protocol \(name) does not fit it; expected one of \(known.joined(separator: ", "))"
    case .unreadable(let error): error.message
    case .noFolder(let path):
      "\(path): no such folder; expected a folder of data files, or a .zip archive that holds them"
    case .badArchive(let path, let reason): "\(path): \(reason)"
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .unknownTask, .noDescription, .noData, .missingSplit, .noInput, .badData, .noSplit, .noFolder, .noFormat:
      .missingInput
    case .noProtocol: .usage
    case .unreadable(let error): error.exitStatus
    default: .badInput
    }
  }
}
