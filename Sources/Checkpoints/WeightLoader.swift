import Support
import Tensors

/// What a family says of the names in its checkpoints.
public struct WeightNames: Sendable {
  /// Prefix of the base model, e.g. `bert.`; files may have it or not.
  public let basePrefix: String
  /// Ends of names that carry nothing and are passed over, of any type.
  public let ignoredSuffixes: [String]
  /// Starts of names (without base prefix) of heads of the same family; listed when the task does not use them.
  public let otherHeads: [String]

  public init(basePrefix: String, ignoredSuffixes: [String], otherHeads: [String]) {
    (self.basePrefix, self.ignoredSuffixes, self.otherHeads) = (basePrefix, ignoredSuffixes, otherHeads)
  }
}

/// What loading found besides the weights it wanted.
public struct WeightReport: Sendable, Equatable {
  /// Tensors of heads that the task does not use.
  public var unused: [String] = []
  /// Parameters that the checkpoint lacks and the caller must initialise.
  public var created: [String] = []

  public init() {}
}

/// Fills parameters from a checkpoint by name.
public enum WeightLoader {
  /// Reads every parameter's weights: with or without base prefix, and under the old names `gamma` and `beta`.
  ///
  /// Parameters of role `head` may be missing as long as all of one layer are; they are reported as created.
  /// - Throws: ``CheckpointError`` listing whatever else is missing or unexpected, or naming a wrong shape.
  public static func load(_ parameters: [Parameter], from folder: CheckpointFolder, names: WeightNames)
    throws(CheckpointError) -> WeightReport
  {
    var byName: [ByteString: String] = [:]
    for entry in folder.entries where !names.ignoredSuffixes.contains(where: entry.name.hasSuffix) {
      let key = canonical(entry.name, names)
      guard byName.updateValue(entry.name, forKey: ByteString(key)) == nil else {
        throw .malformed(path: folder.path, reason: "tensor \(key) is stored under two names")
      }
    }
    var report = WeightReport()
    var missing: [String] = []
    for parameter in parameters {
      let key = canonical(parameter.name, names)
      if let stored = byName.removeValue(forKey: ByteString(key)) {
        try folder.read(stored, into: parameter.value)
      } else if parameter.role == .head {
        report.created.append(parameter.name)
      } else {
        missing.append(parameter.name)
      }
    }
    var unexpected: [String] = []
    for (key, stored) in byName.sorted(by: { $0.key < $1.key }) {
      if names.otherHeads.contains(where: key.description.hasPrefix) {
        report.unused.append(stored)
      } else {
        unexpected.append(stored)
      }
    }
    guard missing.isEmpty, unexpected.isEmpty else {
      throw .weights(path: folder.path, missing: missing, unexpected: unexpected)
    }
    return report
  }

  private static func canonical(_ name: String, _ names: WeightNames) -> String {
    var key = Substring(name)
    if !names.basePrefix.isEmpty, key.hasPrefix(names.basePrefix) { key = key.dropFirst(names.basePrefix.count) }
    if key.hasSuffix(".gamma") { return key.dropLast(5) + "weight" }
    if key.hasSuffix(".beta") { return key.dropLast(4) + "bias" }
    return String(key)
  }
}
