import Foundation
import Support
import Tensors

/// What loading found besides the required weights.
package struct WeightReport: Sendable, Equatable {
  /// Tensors in the file that belong to heads that the task does not use.
  package var unused: [String] = []
  /// Parameters that the checkpoint lacks and the caller must initialise.
  package var created: [String] = []

  package init(unused: [String] = [], created: [String] = []) { (self.unused, self.created) = (unused, created) }
}

/// Fills parameters from a checkpoint by name.
package enum WeightLoader {
  /// Reads every parameter's weights, as ``WeightMatch`` finds them. A frozen parameter uses the mapped file without a
  /// copy where possible.
  ///
  /// - Parameter passedOver: names of parameters to report as created even where the checkpoint has them.
  /// - Throws: ``CheckpointError`` listing all missing or unexpected tensors, or naming one of a wrong shape.
  package static func load(
    _ parameters: [Parameter], from folder: CheckpointFolder, names: WeightNames, passedOver: Set<String> = []
  ) throws(CheckpointError) -> WeightReport {
    let match = try WeightMatch(parameters.map(\.layout), in: folder, names: names, passedOver: passedOver)
    guard match.missing.isEmpty, match.unexpected.isEmpty else {
      throw .weights(path: folder.path, missing: match.missing, unexpected: match.unexpected)
    }
    try requireEqualTwins(match, in: folder)
    for (parameter, stored) in zip(parameters, match.stored) {
      if let stored { try read(stored, of: folder, into: parameter) }
    }
    return WeightReport(unused: match.unused, created: match.created)
  }

  private static func read(_ stored: String, of folder: CheckpointFolder, into parameter: Parameter)
    throws(CheckpointError)
  {
    if parameter.isTrainable {
      try parameter.setValue { tensor throws(CheckpointError) in try folder.read(stored, into: tensor) }
    } else {
      parameter.replaceValue(try folder.mapped(stored, shape: parameter.shape))
    }
  }

  /// The entry that the parameter `name` would be read from; `nil` when the checkpoint has none.
  package static func entry(_ name: String, in folder: CheckpointFolder, names: WeightNames) -> WeightEntry? {
    let key = names.canonical(name)
    return folder.entries.first { names.canonical($0.name) == key }
  }

  /// Checks that a file that holds tied weights twice holds equal ones. Two different tensors are not tied, whatever
  /// the config says.
  package static func requireEqualTwins(_ match: WeightMatch, in folder: CheckpointFolder) throws(CheckpointError) {
    for (embedding, head) in match.twins { try requireEqual(embedding, head, in: folder) }
  }

  private static func requireEqual(_ embedding: String, _ head: String, in folder: CheckpointFolder)
    throws(CheckpointError)
  {
    guard let shape = folder.entries.first(where: { $0.name == embedding })?.shape else { return }
    let (left, right) = (Tensor(uninitialized: shape), Tensor(uninitialized: shape))
    try folder.read(embedding, into: left)
    try folder.read(head, into: right)
    guard memcmp(left.pointer, right.pointer, left.byteCount) == 0 else {
      throw .unsupported(
        path: folder.path, what: "tie_word_embeddings true with a \(head) that differs from", found: embedding,
        expected: "equal weights, or tie_word_embeddings false")
    }
  }
}
