/// Texts that are scored together, such as an example's context with each of its choices. What all of them begin with
/// is computed once.
struct ScoredGroup {
  /// A token whose log-probability is wanted.
  struct Target {
    /// The row of logits that predicts it.
    let row: Int
    let token: Int
    /// The text of the group that it belongs to.
    let text: Int
  }

  private let texts: [ScoredText]
  /// The number of tokens that all texts begin with.
  private let shared: Int

  init(_ texts: [ScoredText]) {
    self.texts = texts
    // The last token of a text predicts nothing that is wanted, so it is never computed.
    var shared = texts.map { $0.tokens.count - 1 }.min() ?? 0
    if let first = texts.first {
      for text in texts {
        shared = zip(first.tokens, text.tokens).prefix(shared).prefix { $0 == $1 }.count
      }
    }
    self.shared = shared
  }

  /// The number of tokens to compute.
  var tokenCount: Int { texts.reduce(shared) { $0 + $1.tokens.count - 1 - shared } }

  /// Appends the tokens to a batch: those that are shared as a sequence of their own, which the others continue.
  ///
  /// - Parameter rows: the tokens of the batch whose logits are wanted, to which those of this group are added.
  /// - Returns: the wanted tokens, each text's in order.
  func append(to batch: inout PackedBatch, rows: inout [Int]) -> [Target] {
    let prefix = shared > 0 ? batch.sequenceCount : nil
    // The position that the first row of logits is at, and that row, for the part of the texts that is being appended.
    let from = (texts.map(\.start).min() ?? 1) - 1
    let firstRow = rows.count
    if let first = texts.first, shared > 0 {
      if from < shared { rows += batch.tokenCount + from..<batch.tokenCount + shared }
      batch.append(Array(first.tokens[..<shared]))
    }
    var targets: [Target] = []
    for (index, text) in texts.enumerated() {
      let last = text.tokens.count - 1
      let ownFrom = max(shared, text.start - 1)
      let ownRow = rows.count
      if last > shared {
        rows += batch.tokenCount + ownFrom - shared..<batch.tokenCount + last - shared
        let own = Array(text.tokens[shared..<last])
        if let prefix { batch.append(own, after: prefix) } else { batch.append(own) }
      }
      for position in text.start - 1..<last {
        let row = position < shared ? firstRow + position - from : ownRow + position - ownFrom
        targets.append(Target(row: row, token: Int(text.tokens[position + 1]), text: index))
      }
    }
    return targets
  }
}
