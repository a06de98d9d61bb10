import Support
import Tensors

/// What an optimizer remembers of one parameter: named tensors and a few scalars.
///
/// The optimizer remembers nothing else. Its states and the step number are therefore all that must be saved and
/// restored.
final class ParameterState {
  private(set) var tensors: [(name: String, kind: StateKind, tensor: AnyTensor)] = []
  var scalars: [String: Double] = [:]
  /// The rows whose moments may be nonzero; `nil` when this may be any row. The rows are not saved, because they are
  /// rebuilt from the moments.
  var activeRows: RowSet?
  /// ``StateEntry/span`` of each tensor, by its name.
  private(set) var spans: [String: Int] = [:]

  /// The tensors whose number of rows may change from step to step, and the largest number that is allowed. All of them
  /// have the same number of rows.
  var resizable: (names: Set<String>, rows: Int) = ([], 0)

  init() {}

  /// Makes zero tensors of the given shapes.
  ///
  /// Where an embedding's gradient is sparse, the system allocates pages when they are first written. The gradient of a
  /// tied embedding reaches every row, so ordinary zeros are allocated here and the first step does not pay for it.
  init(_ entries: [StateEntry], for parameter: Parameter) {
    for entry in entries {
      let isByRow = !parameter.isTied && entry.isByRow(of: parameter.layout)
      let (shape, type) = (entry.shape, entry.type)
      let zeros: AnyTensor = isByRow ? .lazyZeros(shape, type: type) : AnyTensor(zeros: shape, type: type)
      set(entry.name, entry.kind, zeros)
      spans[entry.name] = entry.span
      if isByRow { activeRows = RowSet(capacity: parameter.rows) }
    }
  }

  /// The Float tensor of this name; `nil` where the state has none.
  subscript(name: String) -> Tensor? {
    guard case .float32(let tensor) = tensors.first(where: { $0.name == name })?.tensor else { return nil }
    return tensor
  }

  /// Adds a tensor, or replaces the one of the same name.
  func set(_ name: String, _ kind: StateKind, _ tensor: Tensor) { set(name, kind, .float32(tensor)) }

  func set(_ name: String, _ kind: StateKind, _ tensor: AnyTensor) {
    if let index = tensors.firstIndex(where: { $0.name == name }) {
      tensors[index].tensor = tensor
    } else {
      tensors.append((name, kind, tensor))
    }
  }

  /// A Float tensor that the state must have, because the rule's layout lists it.
  func require(_ name: String) -> Tensor {
    guard let tensor = self[name] else { preconditionFailure("state \(name) was never made") }
    return tensor
  }

  /// A tensor of codes that the state must have, because the rule's layout lists it.
  func requireBytes(_ name: String) -> ByteTensor {
    guard case .uint8(let tensor) = tensors.first(where: { $0.name == name })?.tensor else {
      preconditionFailure("state \(name) was never made")
    }
    return tensor
  }

  /// Sets the smallest numbers of the first moment to 0, as many as a fraction of them, and the second moment's where the
  /// first's are: a mean without its square would make a step of any size.
  ///
  /// - Returns: whether the state has moments, all in float32 and of one shape; else nothing is changed.
  func prune(_ fraction: Double) -> Bool {
    let moments = tensors.filter { $0.kind == .firstMoment || $0.kind == .secondMoment }
    let values = moments.compactMap { entry -> Tensor? in
      if case .float32(let tensor) = entry.tensor { tensor } else { nil }
    }
    guard let first = zip(moments, values).first(where: { $0.0.kind == .firstMoment })?.1,
      values.count == moments.count, values.allSatisfy({ $0.shape == first.shape })
    else { return false }
    let order = first.values.enumerated().sorted { (abs($0.element), $0.offset) < (abs($1.element), $1.offset) }
    for (index, _) in order.prefix(Int(fraction * Double(first.count))) {
      for tensor in values { tensor.pointer[index] = 0 }
    }
    return true
  }

  func byteCount(_ kind: StateKind) -> Int {
    tensors.reduce(0) { $0 + ($1.kind == kind ? $1.tensor.byteCount : 0) }
  }
}

/// The active rows of an embedding: the rows that a sparse gradient has reached so far, so that their moments may be
/// nonzero. All other rows need no step and no physical memory.
extension ParameterState {
  /// Makes every row active from now on. The state's pages are prefaulted at once, which is faster than one page fault
  /// for each of them.
  func activateAllRows() {
    guard activeRows != nil else { return }
    activeRows = nil
    ThreadPool.shared.parallel(tensors.count) { tensors[$0].tensor.commit() }
  }

  /// The rows that may have a nonzero step, including those of the current gradient; `nil` for all rows.
  func rowsToUpdate(for parameter: Parameter) -> [Int]? {
    guard activeRows != nil, let touched = parameter.touchedRows else {
      activateAllRows()
      return nil
    }
    for row in touched.indices { activeRows?.insert(row) }
    return activeRows?.indices
  }

  /// Finds the active rows after a restore. A row is active when one of its moments, or a scale of its moments, is
  /// nonzero.
  func rebuildActiveRows(of parameter: Parameter) {
    guard let capacity = activeRows?.capacity else { return }
    let width = parameter.columns
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
