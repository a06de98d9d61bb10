import Support
import Tensors

/// Which stored tensor each parameter of a model is read from, and what is missing or left over.
///
/// The checkpoint may lack the weight of a layer of role `head`, alone or with its bias, or all tensors of a head in
/// ``WeightNames/otherHeads``.
package struct WeightMatch {
  /// The name in the file of the tensor of each parameter, in their order; `nil` for one that is not read.
  package private(set) var stored: [String?] = []
  /// Parameters that the checkpoint may lack and does, and those that are passed over.
  package private(set) var created: [String] = []
  package private(set) var missing: [String] = []
  /// Tensors of heads that the model does not have.
  package let unused: [String]
  /// Tensors that no model of the family has.
  package let unexpected: [String]
  /// Two stored tensors that must be equal, since the model reads only the first.
  let twins: [(embedding: String, head: String)]

  /// - Parameter passedOver: names of parameters that are not read even where the checkpoint has them.
  /// - Throws: ``CheckpointError/malformed(path:reason:)`` where two tensors have names for one parameter.
  package init(
    _ parameters: [ParameterShape], in folder: CheckpointFolder, names: WeightNames, passedOver: Set<String> = []
  ) throws(CheckpointError) {
    var byName: [ByteString: String]
    (byName, twins) = try WeightMatch.storedNames(folder, names)
    // When the weight of a head's layer is missing, the bias of that layer may be missing too.
    let stored = Set(byName.keys)
    let missingHeads = Set(
      parameters.filter { $0.role == .head && !stored.contains(ByteString(names.canonical($0.name))) }
        .map { WeightMatch.layer(of: $0.name) })
    let absentHeads = names.otherHeads.filter { head in !stored.contains { $0.description.hasPrefix(head) } }
    for parameter in parameters {
      let key = names.canonical(parameter.name)
      let found = byName.removeValue(forKey: ByteString(key))
      let isRead = found != nil && !passedOver.contains(parameter.name)
      self.stored.append(isRead ? found : nil)
      if isRead { continue }
      if passedOver.contains(parameter.name)
        || [.head, .bias].contains(parameter.role) && missingHeads.contains(WeightMatch.layer(of: parameter.name))
        || absentHeads.contains(where: key.hasPrefix)
      {
        created.append(parameter.name)
      } else {
        missing.append(parameter.name)
      }
    }
    let left = byName.sorted { $0.key < $1.key }
    let isOfOtherHead = { (key: ByteString) in names.otherHeads.contains(where: key.description.hasPrefix) }
    unused = left.filter { isOfOtherHead($0.key) }.map(\.value)
    unexpected = left.filter { !isOfOtherHead($0.key) }.map(\.value)
  }

  /// The names in the file of all weights, by their names without prefix. Of two names for tied weights, the one that
  /// the model reads is kept.
  private static func storedNames(_ folder: CheckpointFolder, _ names: WeightNames) throws(CheckpointError)
    -> ([ByteString: String], [(embedding: String, head: String)])
  {
    var byName: [ByteString: String] = [:]
    for entry in folder.entries where !names.ignoredSuffixes.contains(where: entry.name.hasSuffix) {
      let key = names.canonical(entry.name)
      guard byName.updateValue(entry.name, forKey: ByteString(key)) == nil else {
        throw .malformed(path: folder.path, reason: "tensor \(key) is stored under two names")
      }
    }
    var twins: [(embedding: String, head: String)] = []
    for tied in names.tied {
      guard let head = byName[ByteString(tied.head)] else { continue }
      let embedding = byName[ByteString(tied.embedding)]
      if let embedding, tied.readsHead { twins.append((embedding, head)) }
      if embedding == nil { byName[ByteString(tied.embedding)] = head }
      if embedding == nil || tied.readsHead { byName.removeValue(forKey: ByteString(tied.head)) }
    }
    return (byName, twins)
  }

  private static func layer(of name: String) -> Substring {
    name.prefix(upTo: name.lastIndex(of: ".") ?? name.endIndex)
  }
}
