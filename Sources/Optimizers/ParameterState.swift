import Support
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
  /// Bytes are codes of quantized numbers.
  public let type: ElementType
  /// For scales: how many consecutive elements of the parameter each is for, all zero where it is zero.
  public let span: Int?

  public init(_ name: String, _ kind: StateKind, _ shape: [Int], type: ElementType = .float32, span: Int? = nil) {
    (self.name, self.kind, self.shape, self.type, self.span) = (name, kind, shape, type, span)
  }

  public var byteCount: Int { shape.reduce(1, *) * type.size }

  /// Whether memory is committed as gradients touch rows: what has an embedding's own shape, or its codes.
  func isByRow(of parameter: ParameterShape) -> Bool {
    parameter.role == .embedding && (shape == parameter.shape || type == .uint8)
  }
}

/// An optimizer's memory of one parameter: named tensors and a few numbers.
///
/// Its size is the tensors'; saving and restoring them, bit for bit, is saving and restoring the optimizer.
public final class ParameterState {
  public private(set) var tensors: [(name: String, kind: StateKind, tensor: AnyTensor)] = []
  public var scalars: [String: Double] = [:]
  /// Rows whose moments may be nonzero; `nil` when all may be. Not part of the saved state: it follows from it.
  var activeRows: RowSet?
  /// ``StateEntry/span`` by name.
  private(set) var spans: [String: Int] = [:]

  /// Tensors whose number of rows, all alike, changes from step to step, and the most that they may have.
  var resizable: (names: Set<String>, rows: Int) = ([], 0)

  public init() {}

  /// Zeros of the given shapes; those of a tied table are committed now, and not in the first step.
  init(_ entries: [StateEntry], for parameter: Parameter) {
    for entry in entries {
      let isByRow = !parameter.isTied && entry.isByRow(of: parameter.layout)
      let (shape, type) = (entry.shape, entry.type)
      let zeros: AnyTensor = isByRow ? .lazyZeros(shape, type: type) : AnyTensor(zeros: shape, type: type)
      set(entry.name, entry.kind, zeros)
      spans[entry.name] = entry.span
      if isByRow { activeRows = RowSet(capacity: parameter.value.rows) }
    }
  }

  public subscript(name: String) -> Tensor? {
    get {
      guard case .float32(let tensor) = tensors.first(where: { $0.name == name })?.tensor else { return nil }
      return tensor
    }
  }

  /// Adds a tensor, or replaces the one of that name.
  public func set(_ name: String, _ kind: StateKind, _ tensor: Tensor) { set(name, kind, .float32(tensor)) }

  public func set(_ name: String, _ kind: StateKind, _ tensor: AnyTensor) {
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

  /// Codes that the rule put there when it made the state.
  func requireBytes(_ name: String) -> ByteTensor {
    guard case .uint8(let tensor) = tensors.first(where: { $0.name == name })?.tensor else {
      preconditionFailure("state \(name) was never made")
    }
    return tensor
  }

  /// From now on every row may change: what was left uncommitted is committed, at once rather than by faults.
  func activateAllRows() {
    guard activeRows != nil else { return }
    activeRows = nil
    ThreadPool.shared.parallel(tensors.count) { tensors[$0].tensor.commit() }
  }

  public func byteCount(_ kind: StateKind) -> Int {
    tensors.reduce(0) { $0 + ($1.kind == kind ? $1.tensor.byteCount : 0) }
  }
}
