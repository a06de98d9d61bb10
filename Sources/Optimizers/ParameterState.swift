import Support
import Tensors

/// An optimizer's memory of one parameter: named tensors and a few numbers.
///
/// Its size is the tensors'; saving and restoring them, bit for bit, is saving and restoring the optimizer.
final class ParameterState {
  private(set) var tensors: [(name: String, kind: StateKind, tensor: AnyTensor)] = []
  var scalars: [String: Double] = [:]
  /// Rows whose moments may be nonzero; `nil` when all may be. Not part of the saved state: it follows from it.
  var activeRows: RowSet?
  /// ``StateEntry/span`` by name.
  private(set) var spans: [String: Int] = [:]

  /// Tensors whose number of rows, all alike, changes from step to step, and the most that they may have.
  var resizable: (names: Set<String>, rows: Int) = ([], 0)

  init() {}

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

  subscript(name: String) -> Tensor? {
    guard case .float32(let tensor) = tensors.first(where: { $0.name == name })?.tensor else { return nil }
    return tensor
  }

  /// Adds a tensor, or replaces the one of that name.
  func set(_ name: String, _ kind: StateKind, _ tensor: Tensor) { set(name, kind, .float32(tensor)) }

  func set(_ name: String, _ kind: StateKind, _ tensor: AnyTensor) {
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

  func byteCount(_ kind: StateKind) -> Int {
    tensors.reduce(0) { $0 + ($1.kind == kind ? $1.tensor.byteCount : 0) }
  }
}

/// Rows of an embedding whose moments may be nonzero: those that a gradient has touched. The others need no step, and no
/// memory of their own.
extension ParameterState {
  /// From now on every row may change: what was left uncommitted is committed, at once rather than by faults.
  func activateAllRows() {
    guard activeRows != nil else { return }
    activeRows = nil
    ThreadPool.shared.parallel(tensors.count) { tensors[$0].tensor.commit() }
  }

  /// Rows that may have a nonzero step, those of this gradient included; `nil`: all.
  func rowsToUpdate(for parameter: Parameter) -> [Int]? {
    guard activeRows != nil, let touched = parameter.touchedRows else {
      activateAllRows()
      return nil
    }
    for row in touched.indices { activeRows?.insert(row) }
    return activeRows?.indices
  }

  /// After a restore: a row is active when any of its moments is nonzero, or may be by its scale.
  func rebuildActiveRows(of parameter: Parameter) {
    guard let capacity = activeRows?.capacity else { return }
    let width = parameter.value.columns
    var rows = RowSet(capacity: capacity)
    for (name, _, tensor) in tensors {
      guard case .float32(let values) = tensor else { continue }
      let span = spans[name] ?? (values.count == parameter.count ? 1 : 0)
      guard span > 0 else { continue }
      for (index, value) in UnsafeBufferPointer(start: values.pointer, count: values.count).enumerated()
      where value != 0 {
        let end = min(parameter.count, (index + 1) * span)
        for row in index * span / width..<(end + width - 1) / width { rows.insert(row) }
      }
    }
    activeRows = rows
  }
}
