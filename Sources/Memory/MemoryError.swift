import Models
import Support

/// Why the memory of a run cannot be planned, or cannot be had.
package enum MemoryError: UserError, Equatable {
  case unknownModel(name: String)
  case badVocabulary(found: Int)
  /// `free` and `needed` are in bytes. `limit` names what sets the limit, e.g. `ulimit -v`.
  case addressSpace(free: Int, limit: String, needed: Int, threads: Int)

  package var message: String {
    switch self {
    case .unknownModel(let name):
      "model \(name): neither a folder, a config.json nor a preset; expected a path or one of "
        + ShapePresets.names.joined(separator: ", ")
    case .addressSpace(let free, let limit, let needed, let threads):
      "address space: \(Mebibytes.available(free)) are left of the process's limit (\(limit)), "
        + "expected at least \(Mebibytes.needed(needed)) for matrix products on \(threads) threads; raise the limit or give fewer --threads"
    case .badVocabulary(let found):
      "vocabulary size: found \(found), expected an integer from 1 to \(ModelShape.largestVocabulary)"
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .unknownModel: .missingInput
    case .badVocabulary, .addressSpace: .usage
    }
  }
}
