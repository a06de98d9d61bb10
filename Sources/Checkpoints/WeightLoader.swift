import Foundation
import Support
import Tensors

/// The naming rules of a model family's checkpoints.
package struct WeightNames: Sendable {
  /// Prefixes of the base model's tensors, e.g. `bert.`; a name in a file may have one of them or none.
  package let basePrefixes: [String]
  /// Suffixes of tensors that carry no weights; such tensors are skipped, whatever their type.
  package let ignoredSuffixes: [String]
  /// Prefixes of the tensors of this family's heads, without base prefix, longer ones first. Such tensors are reported
  /// as unused when the task does not use them.
  package let otherHeads: [String]
  /// Embeddings or biases that a language model's head shares.
  package let tied: [TiedWeights]

  package init(
    basePrefixes: [String], ignoredSuffixes: [String], otherHeads: [String], tied: [TiedWeights] = []
  ) {
    (self.basePrefixes, self.ignoredSuffixes, self.otherHeads) = (basePrefixes, ignoredSuffixes, otherHeads)
    self.tied = tied
  }
}

/// Two names for one tensor; a file may hold either name or both.
package struct TiedWeights: Sendable {
  /// The two names, without base prefix.
  package let embedding: String
  package let head: String
  /// Whether the task reads the head. If so, a file with two different tensors is an error.
  package let readsHead: Bool

  package init(embedding: String, head: String, readsHead: Bool) {
    (self.embedding, self.head, self.readsHead) = (embedding, head, readsHead)
  }
}

/// What loading found besides the required weights.
package struct WeightReport: Sendable, Equatable {
  /// Tensors in the file that belong to heads that the task does not use.
  package var unused: [String] = []
  /// Parameters that the checkpoint lacks and the caller must initialise.
  package var created: [String] = []

  package init() {}
}

/// Fills parameters from a checkpoint by name.
package enum WeightLoader {
  /// Reads every parameter's weights, with or without base prefix, and also under the old names `gamma` and `beta`. A
  /// frozen parameter uses the mapped file without a copy where possible.
  ///
  /// The checkpoint may lack the weight of a layer of role `head`, alone or with its bias, or all tensors of a head in
  /// ``WeightNames/otherHeads``. Such parameters are reported as created.
  /// - Parameter passedOver: names of parameters to report as created even where the checkpoint has them.
  /// - Throws: ``CheckpointError`` listing all other missing or unexpected tensors, or naming one of a wrong shape.
  package static func load(
    _ parameters: [Parameter], from folder: CheckpointFolder, names: WeightNames, passedOver: Set<String> = []
  ) throws(CheckpointError) -> WeightReport {
    var byName = try storedNames(folder, names)
    var report = WeightReport()
    // When the weight of a head's layer is missing, the bias of that layer may be missing too.
    let stored = Set(byName.keys)
    let missingHeads = Set(
      parameters.filter { $0.role == .head && !stored.contains(ByteString(canonical($0.name, names))) }
        .map { layer(of: $0.name) })
    let absentHeads = names.otherHeads.filter { head in !stored.contains { $0.description.hasPrefix(head) } }
    var missing: [String] = []
    for parameter in parameters {
      let key = canonical(parameter.name, names)
      if passedOver.contains(parameter.name) {
        byName.removeValue(forKey: ByteString(key))
        report.created.append(parameter.name)
        continue
      }
      if let stored = byName.removeValue(forKey: ByteString(key)) {
        try read(stored, of: folder, into: parameter)
      } else if [.head, .bias].contains(parameter.role) && missingHeads.contains(layer(of: parameter.name))
        || absentHeads.contains(where: key.hasPrefix)
      {
        report.created.append(parameter.name)
      } else {
        missing.append(parameter.name)
      }
    }
    let left = byName.sorted { $0.key < $1.key }
    let isOfOtherHead = { (key: ByteString) in names.otherHeads.contains(where: key.description.hasPrefix) }
    report.unused = left.filter { isOfOtherHead($0.key) }.map(\.value)
    let unexpected = left.filter { !isOfOtherHead($0.key) }.map(\.value)
    guard missing.isEmpty, unexpected.isEmpty else {
      throw .weights(path: folder.path, missing: missing, unexpected: unexpected)
    }
    return report
  }

  /// The names in the file of all weights, by their names without prefix. Of two names for tied weights, the one that
  /// the model reads is kept.
  private static func storedNames(_ folder: CheckpointFolder, _ names: WeightNames) throws(CheckpointError)
    -> [ByteString: String]
  {
    var byName: [ByteString: String] = [:]
    for entry in folder.entries where !names.ignoredSuffixes.contains(where: entry.name.hasSuffix) {
      let key = canonical(entry.name, names)
      guard byName.updateValue(entry.name, forKey: ByteString(key)) == nil else {
        throw .malformed(path: folder.path, reason: "tensor \(key) is stored under two names")
      }
    }
    for tied in names.tied {
      guard let head = byName[ByteString(tied.head)] else { continue }
      let embedding = byName[ByteString(tied.embedding)]
      if let embedding, tied.readsHead { try requireEqual(embedding, head, in: folder) }
      if embedding == nil { byName[ByteString(tied.embedding)] = head }
      if embedding == nil || tied.readsHead { byName.removeValue(forKey: ByteString(tied.head)) }
    }
    return byName
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
  package static func entry(_ name: String, in folder: CheckpointFolder, names: WeightNames) -> SafetensorsEntry? {
    let key = canonical(name, names)
    return folder.entries.first { canonical($0.name, names) == key }
  }

  private static func layer(of name: String) -> Substring {
    name.prefix(upTo: name.lastIndex(of: ".") ?? name.endIndex)
  }

  /// Checks that a file that holds tied weights twice holds equal ones. Two different tensors are not tied, whatever
  /// the config says.
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

  private static func canonical(_ name: String, _ names: WeightNames) -> String {
    var key = Substring(name)
    if let prefix = names.basePrefixes.first(where: key.hasPrefix) { key = key.dropFirst(prefix.count) }
    if key.hasSuffix(".gamma") { return key.dropLast(5) + "weight" }
    if key.hasSuffix(".beta") { return key.dropLast(4) + "bias" }
    return String(key)
  }
}
