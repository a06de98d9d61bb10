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

extension WeightNames {
  /// A name as the families' own lists have it: without base prefix, and without what other programs add or renamed.
  func canonical(_ name: String) -> String {
    var key = WeightNames.unwrapped(name)
    if let prefix = basePrefixes.first(where: key.hasPrefix) { key = key.dropFirst(prefix.count) }
    if key.hasSuffix(".gamma") { return key.dropLast(5) + "weight" }
    if key.hasSuffix(".beta") { return key.dropLast(4) + "bias" }
    return String(key)
  }

  /// The name without what `DataParallel` puts before all names and `torch.compile` before those of what it compiles.
  /// transformers passes weights of such names over, and trains from fresh ones.
  private static func unwrapped(_ name: String) -> Substring {
    var key = name.split(separator: ".", omittingEmptySubsequences: false).filter { $0 != "_orig_mod" }[...]
    while key.first == "module" { key.removeFirst() }
    return key.joined(separator: ".")[...]
  }
}
