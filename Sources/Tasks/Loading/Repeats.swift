/// What a split holds more than once, or shares with the training data. A score on examples that were trained on says
/// little.
package struct Repeats: Sendable, Equatable {
  /// Number of examples whose id an earlier example has; 0 where examples have no ids.
  package var ids: Int
  /// Number of examples whose inputs an earlier example has.
  package var inputs: Int
  /// Number of examples whose inputs are also in the training split; `nil` for the training split itself, and where no
  /// training split was read.
  package var overlap: Int?

  package init(ids: Int, inputs: Int, overlap: Int? = nil) {
    (self.ids, self.inputs, self.overlap) = (ids, inputs, overlap)
  }
}

/// The inputs of one example as 128 bits of hash: for a million examples, the odds that two different ones have the same
/// are below 10⁻²⁶.
package struct InputDigest: Hashable, Sendable {
  private let high: Int
  private let low: Int

  /// - Parameter isPrompt: whether a second text is what a model is to write, which is no input.
  fileprivate init(_ example: Example, isPrompt: Bool) {
    func hash(_ start: UInt8) -> Int {
      var hasher = Hasher()
      hasher.combine(start)
      // The lengths keep "a", "bc" apart from "ab", "c". Hashing an array would take its bytes one by one.
      func add(_ text: [UInt8]) {
        hasher.combine(text.count)
        text.withUnsafeBytes { hasher.combine(bytes: $0) }
      }
      for input in example.inputs {
        add(input.first)
        if !isPrompt, let second = input.second { add(second) }
      }
      return hasher.finalize()
    }
    (high, low) = (hash(0), hash(1))
  }
}

extension SplitData {
  /// The inputs of each example.
  ///
  /// - Parameter kind: the protocol that the examples were read for.
  package func inputDigests(_ kind: ProtocolKind) -> [InputDigest] {
    examples.map { InputDigest($0, isPrompt: kind == .generation) }
  }

  /// Counts ids and inputs that occur more than once. Time and memory grow with the number of examples.
  ///
  /// - Parameter train: the inputs of the training split; `nil` for the training split itself.
  package func repeats(_ digests: [InputDigest], train: Set<InputDigest>? = nil) -> Repeats {
    let ids = examples.compactMap(\.id)
    return Repeats(
      ids: ids.count - Set(ids).count, inputs: digests.count - Set(digests).count,
      overlap: train.map { train in digests.count { train.contains($0) } })
  }
}
