import Tensors

/// The purpose of a state tensor; memory is counted for each purpose.
package enum StateKind: String, CaseIterable, Sendable {
  case firstMoment = "first_moment"
  case secondMoment = "second_moment"
  case projector
  case other
}

/// The description of one tensor of a parameter's state, known before the tensor is allocated.
struct StateEntry: Sendable, Equatable {
  let name: String
  let kind: StateKind
  let shape: [Int]
  /// The element type; `uint8` stands for codes of quantized numbers.
  let type: ElementType
  /// How many consecutive elements of the parameter share one number of this tensor, e.g. a row or a quantization block
  /// that shares a scale. Where the number is zero, the moments of all these elements are zero.
  let span: Int?

  init(_ name: String, _ kind: StateKind, _ shape: [Int], type: ElementType = .float32, span: Int? = nil) {
    (self.name, self.kind, self.shape, self.type, self.span) = (name, kind, shape, type, span)
  }

  var byteCount: Int { shape.reduce(1, *) * type.size }

  /// Whether the tensor takes physical memory only for rows that a sparse gradient has reached. This holds for an
  /// embedding's state that has the embedding's own shape or consists of codes.
  func isByRow(of parameter: ParameterShape) -> Bool {
    parameter.role == .embedding && (shape == parameter.shape || type == .uint8)
  }
}
