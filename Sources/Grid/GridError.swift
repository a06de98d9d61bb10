import Support

/// An error that keeps a grid from starting or going on.
package enum GridError: UserError, Equatable {
  case missing(what: String, expected: String)
  /// An invalid axis of the command line or a grid file; `origin` names the flag, e.g. `--seeds`, or the line, e.g.
  /// `grid.yaml:3`.
  case badAxis(origin: String, reason: String)
  case badFile(path: String, reason: String)
  /// A folder that should hold a grid holds none.
  case noGrid(path: String)
  /// The folder holds a cell of that name that was made with other settings.
  case otherSettings(folder: String, cell: String, difference: String)
  case outputNotEmpty(path: String)
  /// Another grid uses the folder; `by` names its process where known.
  case locked(path: String, by: String?)
  case launchFailed(program: String, reason: String)
  /// A cell does not fit in memory; `message` is the one with which the cell's own run would be refused.
  case doesNotFit(cell: String, message: String)

  package var message: String {
    switch self {
    case .missing(let what, let expected): "\(what) is missing; expected \(expected)"
    case .badAxis(let origin, let reason): "\(origin): \(reason)"
    case .badFile(let path, let reason): "\(path): \(reason)"
    case .noGrid(let path): "\(path): holds no grid.json, expected the folder of a grid that was started"
    case .otherSettings(let folder, let cell, let difference):
      "\(folder): cell \(cell) was made with other settings: \(difference); "
        + "give those settings to go on, or choose another --output"
    case .outputNotEmpty(let path):
      "--output \(path): exists, is not empty and holds no grid.json; choose a new folder, or one of a grid to go on with"
    case .locked(let path, let owner):
      "\(path): another grid (\(owner ?? "of an unknown process")) is running in this folder; wait for it, or choose "
        + "another --output"
    case .doesNotFit(let cell, let message): "cell \(cell): \(message)"
    case .launchFailed(let program, let reason): "\(program): cannot be started: \(reason)"
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .missing, .badAxis, .doesNotFit: .usage
    case .badFile: .badInput
    case .noGrid: .missingInput
    case .otherSettings, .outputNotEmpty, .locked: .cannotCreate
    case .launchFailed: .internalError
    }
  }
}
