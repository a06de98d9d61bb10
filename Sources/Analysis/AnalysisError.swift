import Support

/// Why an analysis cannot be made.
package enum AnalysisError: UserError, Equatable {
  /// The run's folder has no capture of this step, or no capture at all; `found` lists the steps it has.
  case noCapture(path: String, step: Int?, found: [Int])
  /// `--step` was given with a file, although only a run's folder has captures to choose from.
  case stepOfFile(path: String)
  /// The file has no matrix of at least 2 × 2 in a supported element type.
  case noMatrices(path: String)
  /// A tensor has an element that is NaN or infinite.
  case notFinite(path: String, name: String)
  /// Every matrix of the file is zero.
  case allZero(path: String)
  /// A command-line option has a value that the analysis does not accept.
  case badOption(name: String, found: String, expected: String)
  /// LAPACK failed to decompose a matrix.
  case decomposition(name: String)
  /// The run gave the analysis nothing to report; `what` says why.
  case nothingObserved(what: String)

  package var message: String {
    switch self {
    case .noCapture(let path, let step, let found):
      let wanted = step.map { "second-moments-\($0).safetensors" } ?? "second-moments-<step>.safetensors"
      let there = found.isEmpty ? "none" : "those of step " + found.map(String.init).joined(separator: ", ")
      return "\(path): found \(there), expected \(wanted); a run writes it with --capture second-moments@\(step ?? 100)"
    case .stepOfFile(let path): return "--step: found beside the file \(path), expected only with a run's folder"
    case .noMatrices(let path):
      return "\(path): no matrix, expected tensors of two dimensions of at least 2, in F32, F16 or BF16"
    case .notFinite(let path, let name): return "\(path): tensor \(name): found a number that is not finite"
    case .allZero(let path): return "\(path): every matrix is zero; there is nothing to factor"
    case .badOption(let name, let found, let expected): return "\(name): found \(found), expected \(expected)"
    case .decomposition(let name): return "tensor \(name): LAPACK could not decompose it"
    case .nothingObserved(let what): return "\(what); nothing was written for it"
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .noCapture: .missingInput
    case .stepOfFile, .badOption: .usage
    case .noMatrices, .notFinite, .allZero, .decomposition, .nothingObserved: .badInput
    }
  }
}
