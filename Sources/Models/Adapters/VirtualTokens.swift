import Tensors

/// Trained rows that stand for tokens before each sequence: of their embeddings, or of their keys and values.
package struct VirtualTokens {
  /// The sizes of a model that its virtual tokens depend on.
  package struct Widths: Sendable {
    package let layers: Int
    /// The keys of one token in a layer.
    package let key: Int
    /// The attention heads that the keys are of.
    package let heads: Int
    package let embedding: Int
    /// The attention heads of a layer's queries.
    package let queryHeads: Int
  }

  enum Kind {
    /// The embeddings of the tokens, which then pass through all layers.
    case embeddings
    /// In turn the keys and the values of each layer.
    case keysAndValues(width: Int)
  }

  /// `[count, width]`
  let table: Parameter
  let kind: Kind
  let count: Int

  /// The name of ``table``, as peft saves it.
  static let name = "prompt_embeddings"

  var isEmbedding: Bool { if case .embeddings = kind { true } else { false } }

  /// The columns of a layer's keys and values; `nil` for embeddings.
  func columns(_ layer: Int) -> (keys: Range<Int>, values: Range<Int>)? {
    guard case .keysAndValues(let width) = kind else { return nil }
    return (2 * layer * width..<(2 * layer + 1) * width, (2 * layer + 1) * width..<(2 * layer + 2) * width)
  }

  /// Where the virtual tokens stand, once they are embedded.
  func rows(_ batch: PackedBatch) -> VirtualRows? { isEmbedding ? batch.virtualRows(count) : nil }

  /// The keys and values of a layer.
  func prefix(_ layer: Int) -> AttentionPrefix? {
    columns(layer).map { AttentionPrefix(table: table, keys: $0.keys, values: $0.values) }
  }
}
