import Support

/// Why a report cannot be made. What is wrong with one folder among several is a note in the report instead.
package enum ReportError: UserError, Equatable {
  /// None of the folders has anything to report; `problems` says why, one sentence for each.
  case nothing(problems: [String], isMissing: Bool)
  case outputNotEmpty(path: String)
  /// The folder to overwrite holds files that no report writes.
  case outputHoldsOther(path: String, name: String)
  /// The output is one of the folders to read.
  case outputIsInput(path: String)

  package var message: String {
    switch self {
    case .nothing(let problems, _):
      "nothing to report: " + problems.joined(separator: "; ")
        + "; expected folders of runs (results.json) or of grids (grid.json)"
    case .outputNotEmpty(let path):
      "--output \(path): the folder is not empty; choose a new one, or give --overwrite to replace a report"
    case .outputHoldsOther(let path, let name):
      "--output \(path): holds \(name), which is not a report's file; choose a new folder"
    case .outputIsInput(let path):
      "--output \(path): is a folder that the report reads; choose a new folder"
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .nothing(_, let isMissing): isMissing ? .missingInput : .badInput
    case .outputNotEmpty, .outputHoldsOther, .outputIsInput: .cannotCreate
    }
  }
}
