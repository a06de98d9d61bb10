import Tensors

/// What a state tensor is for, as memory tables count it.
public enum StateKind: String, CaseIterable, Sendable {
  case firstMoment = "first_moment"
  case secondMoment = "second_moment"
  case projector
  case other
}

/// One tensor of a parameter's state, before it is made.
public struct StateEntry: Sendable, Equatable {
  public let name: String
  public let kind: StateKind
  public let shape: [Int]
  /// Bytes of an element: 4, or 1 of quantized codes.
  public let elementBytes: Int

  public init(_ name: String, _ kind: StateKind, _ shape: [Int], elementBytes: Int = 4) {
    (self.name, self.kind, self.shape, self.elementBytes) = (name, kind, shape, elementBytes)
  }

  public var byteCount: Int { shape.reduce(1, *) * elementBytes }
}

/// An optimizer's memory of one parameter: named tensors and a few numbers.
///
/// Its size is the tensors'; saving and restoring them, bit for bit, is saving and restoring the optimizer.
public final class ParameterState {
  public private(set) var tensors: [(name: String, kind: StateKind, tensor: Tensor)] = []
  public var scalars: [String: Double] = [:]
  /// Rows whose moments may be nonzero; `nil` when all may be. Not part of the saved state: it follows from it.
  var activeRows: RowSet?

  /// Tensors whose number of rows changes from step to step.
  var resizable: Set<String> = []

  public init() {}

  /// Zeros of the given shapes. What has an embedding's own shape is committed row by row, as gradients touch them.
  init(_ entries: [StateEntry], for parameter: Parameter) {
    for entry in entries {
      let isByRow = parameter.role == .embedding && entry.shape == parameter.shape
      set(entry.name, entry.kind, isByRow ? .lazyZeros(entry.shape) : Tensor(zeros: entry.shape))
      if isByRow { activeRows = RowSet(capacity: parameter.value.rows) }
    }
  }

  public subscript(name: String) -> Tensor? {
    get { tensors.first { $0.name == name }?.tensor }
  }

  /// Adds a tensor, or replaces the one of that name.
  public func set(_ name: String, _ kind: StateKind, _ tensor: Tensor) {
    if let index = tensors.firstIndex(where: { $0.name == name }) {
      tensors[index].tensor = tensor
    } else {
      tensors.append((name, kind, tensor))
    }
  }

  /// A tensor that the rule put there when it made the state.
  func require(_ name: String) -> Tensor {
    guard let tensor = self[name] else { preconditionFailure("state \(name) was never made") }
    return tensor
  }

  public func byteCount(_ kind: StateKind) -> Int {
    tensors.reduce(0) { $0 + ($1.kind == kind ? $1.tensor.byteCount : 0) }
  }
}
