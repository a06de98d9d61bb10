import Tensors

/// What a training pass computes twice so that it need not be kept from the forward to the backward pass. Gradients are
/// the same to the bit.
package enum Recomputation: String, Sendable, CaseIterable {
  case none
  /// Query, key, value and attention of each layer. What remains are the inputs and outputs of its linear layers.
  case attention
  /// Whole layers. Only the input of each layer is kept, and all of the last layer, which is differentiated first.
  case layer
}

extension Tape {
  /// A whole layer.
  func layer(_ x: Variable, _ recomputation: Recomputation, _ body: @escaping (Variable, Tape) -> Variable) -> Variable
  {
    recomputation == .layer ? recomputing(x, body) : body(x, self)
  }

  /// The attention of a layer, from what its linear layers read.
  func attended(
    _ x: Variable, _ recomputation: Recomputation, _ body: @escaping (Variable, Tape) -> Variable
  ) -> Variable {
    recomputation == .attention ? recomputing(x, body) : body(x, self)
  }
}
