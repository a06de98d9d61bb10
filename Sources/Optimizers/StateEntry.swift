import Tensors

/// What a state tensor is for, as memory tables count it.
package enum StateKind: String, CaseIterable, Sendable {
  case firstMoment = "first_moment"
  case secondMoment = "second_moment"
  case projector
  case other
}

/// One tensor of a parameter's state, before it is made.
struct StateEntry: Sendable, Equatable {
  let name: String
  let kind: StateKind
  let shape: [Int]
  /// Bytes are codes of quantized numbers.
  let type: ElementType
  /// Consecutive elements of the parameter that one number of this tensor covers, e.g. a row or a block that shares a
  /// scale. Where the number is zero, all the elements' moments are zero.
  let span: Int?

  init(_ name: String, _ kind: StateKind, _ shape: [Int], type: ElementType = .float32, span: Int? = nil) {
    (self.name, self.kind, self.shape, self.type, self.span) = (name, kind, shape, type, span)
  }

  var byteCount: Int { shape.reduce(1, *) * type.size }

  /// Whether memory is committed as gradients touch rows: what has an embedding's own shape, or its codes.
  func isByRow(of parameter: ParameterShape) -> Bool {
    parameter.role == .embedding && (shape == parameter.shape || type == .uint8)
  }
}
