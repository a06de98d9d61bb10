import Support

/// An analysis that cannot be made.
package enum AnalysisError: UserError, Equatable {
  case noCapture(path: String, step: Int?, found: [Int])
  case stepOfFile(path: String)
  case noMatrices(path: String)
  case notFinite(path: String, name: String)
  case allZero(path: String)
  case badOption(name: String, found: String, expected: String)
  case decomposition(name: String)
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
