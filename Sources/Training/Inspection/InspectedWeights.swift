import Checkpoints
import Models
import Support

/// What a checkpoint's files of weights hold, and how they fit its config.
package struct InspectedWeights {
  package struct TypeShare {
    package let type: StoredType
    package var tensors = 0
    package var elements = 0
    package var bytes: Int { elements * type.size }
  }

  /// `safetensors`, or `torch` for a pickle of `torch.save`.
  package let format: String
  package let tensors: Int
  /// How much is stored in each type, the most first.
  package let types: [TypeShare]
  package private(set) var heads: [InspectedHead] = []
  /// The numbers in all weights that are stored, those under two names counted once; `nil` where the config is not
  /// supported.
  package private(set) var parameters: Int?
  /// Tensors of other heads than the first.
  package private(set) var unused: [String] = []
  package private(set) var missing: [String] = []
  package private(set) var unexpected: [String] = []

  /// - Parameter config: `nil` where it cannot be read; nothing is then known of how the weights fit.
  init(
    _ files: [any WeightFile], in path: String, _ config: InspectedConfig?, _ faults: inout InspectionFaults
  ) throws {
    let entries = files.flatMap(\.entries)
    format = files.first is SafetensorsFile ? "safetensors" : "torch"
    tensors = entries.count
    var shares: [StoredType: TypeShare] = [:]
    for entry in entries {
      shares[entry.type, default: TypeShare(type: entry.type)].tensors += 1
      shares[entry.type, default: TypeShare(type: entry.type)].elements += entry.count
    }
    types = shares.values.sorted { ($1.bytes, $0.type.rawValue) < ($0.bytes, $1.type.rawValue) }
    guard let config, config.outline != nil,
      let folder = try faults.attempt(
        "weights",
        {
          try CheckpointFolder(path: path, config: config.understood, files: files)
        })
    else { return }
    heads = try faults.attempt("weights") { try InspectedHead.held(by: folder, config) } ?? []
    let head = heads.first?.kind ?? .classification(labels: 2)
    guard let match = try faults.attempt("weights", { try ModelRegistry.match(folder, head: head) }) else { return }
    (unused, missing, unexpected) = (match.weights.unused, match.weights.missing, match.weights.unexpected)
    if !missing.isEmpty || !unexpected.isEmpty {
      faults.add("weights", CheckpointError.weights(path: path, missing: missing, unexpected: unexpected))
    }
    _ = try faults.attempt("weights") { try WeightLoader.requireEqualTwins(match.weights, in: folder) }
    var others = 0
    let named = Dictionary(entries.map { ($0.name, $0) }) { first, _ in first }
    parameters = (match.weights.stored.compactMap(\.self) + unused + unexpected)
      .reduce(0) { $0 + (named[$1]?.count ?? 0) }
    for (parameter, stored) in zip(match.parameters, match.weights.stored) {
      guard let stored, let entry = named[stored], let fault = InspectedWeights.fault(entry, parameter.shape, path)
      else { continue }
      // Where a size is wrong, so are most tensors.
      if others < 8 { faults.add("weights", fault) }
      others += 1
    }
    if others > 8 {
      faults.add(
        "weights",
        CheckpointError.malformed(path: path, reason: "\(others - 8) more tensors have another shape or type"))
    }
  }

  private static func fault(_ entry: WeightEntry, _ shape: [Int], _ path: String) -> CheckpointError? {
    guard entry.shape == shape else {
      return .shape(path: path, name: entry.name, found: entry.shape, expected: shape)
    }
    guard StoredType.weights.contains(entry.type) else {
      return .unsupported(
        path: path, what: "tensor \(entry.name): dtype", found: entry.type.rawValue, expected: "F32, F16 or BF16")
    }
    return nil
  }
}
