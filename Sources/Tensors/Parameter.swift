/// What a parameter is in its model. An optimizer may treat parameters differently by role, never by name.
package enum ParameterRole: String, CaseIterable, Sendable {
  case embedding
  /// A 2-D weight inside a transformer layer (attention, feed-forward).
  case matrix
  case bias
  /// A layer-norm or RMS-norm weight.
  case norm
  /// Pooler, classifier, score, language-model head.
  case head
}

/// Consecutive outputs of a weight that belong together: the attention heads stacked in a query or key weight.
package struct OutputBlocks: Sendable, Equatable {
  /// Blocks that follow one another.
  package let count: Int
  /// Outputs of each: rows of an `[out, in]` weight, columns of an `[in, out]` one.
  package let size: Int

  package init(count: Int, size: Int) { (self.count, self.size) = (count, size) }
}

/// What a parameter is, without its values: enough to plan an optimizer's memory.
package struct ParameterShape: Sendable {
  /// Name in the checkpoint, e.g. `bert.encoder.layer.0.attention.self.query.weight`.
  package let name: String
  package let role: ParameterRole
  package let shape: [Int]
  package let type: ElementType
  /// How the outputs fall into blocks, in order and complete; empty: each output on its own.
  ///
  /// For example, a fused query, key and value weight of 12 heads of 64 outputs has
  /// `[OutputBlocks(count: 12, size: 64), OutputBlocks(count: 12, size: 64), OutputBlocks(count: 768, size: 1)]`.
  package let blocks: [OutputBlocks]
  /// The dimension of the outputs: 0 of `[out, in]`, 1 of GPT-2's `[in, out]`.
  package let outputAxis: Int
  /// Whether it belongs to the head: the weights of role `head`, and the biases and norms beside them.
  package let isOfHead: Bool
  /// A frozen parameter has no gradient and no optimizer state.
  package var isTrainable = true

  /// - Parameter isOfHead: `nil`: when the role is `head`.
  package init(
    name: String, role: ParameterRole, shape: [Int], type: ElementType = .float32, blocks: [OutputBlocks] = [],
    outputAxis: Int = 0, isOfHead: Bool? = nil
  ) {
    precondition(blocks.isEmpty || blocks.reduce(0) { $0 + $1.count * $1.size } == shape[outputAxis])
    (self.name, self.role, self.shape, self.type) = (name, role, shape, type)
    (self.blocks, self.outputAxis) = (blocks, outputAxis)
    self.isOfHead = isOfHead ?? (role == .head)
  }

  package var count: Int { shape.reduce(1, *) }
  /// Of the value.
  package var byteCount: Int { count * type.size }
  /// Of the gradient, which is float32 whatever the value is; 0 for a frozen parameter.
  package var gradientByteCount: Int { isTrainable ? count * ElementType.float32.size : 0 }
}

/// A tensor of a model, with its gradient while a step is under way.
package final class Parameter {
  package private(set) var layout: ParameterShape
  package private(set) var value: Tensor

  /// Sum of gradients of the current window; `nil` before the first contribution.
  package private(set) var gradient: Tensor?
  /// Rows that the current gradient touches when all others are exactly zero; `nil`: all rows.
  package private(set) var touchedRows: RowSet?

  /// Whether an embedding is multiplied with too, as a tied head is: every row then has a gradient.
  package var isTied = false
  /// Zero outside a window; an embedding's, too large to clear as a whole every step.
  private var sparseBuffer: Tensor?
  /// Kept between windows: with activations in its place, both would be new in every step.
  private var denseBuffer: Tensor?

  /// - Parameter value: `nil`: empty until ``replaceValue(_:)`` gives the parameter one of its shape.
  package init(_ layout: ParameterShape, value: Tensor?) {
    precondition(value == nil || value?.shape == layout.shape)
    self.layout = layout
    self.value = value ?? Tensor(uninitialized: [0])
  }

  package convenience init(
    name: String, role: ParameterRole, value: Tensor, blocks: [OutputBlocks] = [], outputAxis: Int = 0
  ) {
    self.init(
      ParameterShape(name: name, role: role, shape: value.shape, blocks: blocks, outputAxis: outputAxis), value: value)
  }

  package var name: String { layout.name }
  package var role: ParameterRole { layout.role }
  package var shape: [Int] { layout.shape }
  package var count: Int { layout.count }

  /// Whether the tape computes a gradient for it and an optimizer updates it. To be changed between steps only.
  ///
  /// A frozen value may lie in a file that is mapped read-only; once the parameter is trainable it has memory of its own.
  package var isTrainable: Bool {
    get { layout.isTrainable }
    set {
      layout.isTrainable = newValue
      if newValue {
        if value.storage.isReadOnly { value = value.copy() }
      } else {
        clearGradient()
        (sparseBuffer, denseBuffer) = (nil, nil)
      }
    }
  }

  /// Puts another tensor of the same shape in place of the value; a read-only one only while the parameter is frozen.
  package func replaceValue(_ tensor: Tensor) {
    precondition(tensor.shape == shape && !(isTrainable && tensor.storage.isReadOnly))
    value = tensor
  }

  /// The gradient to add to, and whether it holds nothing yet (then it is uninitialized and must be overwritten).
  package func denseGradient() -> (tensor: Tensor, isFresh: Bool) {
    touchedRows = nil
    if let gradient { return (gradient, false) }
    if let sparseBuffer {
      gradient = sparseBuffer
      return (sparseBuffer, false)
    }
    let fresh = denseBuffer ?? Tensor(uninitialized: shape)
    denseBuffer = fresh
    gradient = fresh
    return (fresh, true)
  }

  /// The gradient of an embedding to add rows to, all zero outside the rows recorded so far.
  package func rowGradient(adding rows: [Int32]) -> Tensor {
    if let gradient {
      touchedRows?.insert(rows)
      return gradient
    }
    let buffer = sparseBuffer ?? Tensor.lazyZeros(shape)
    sparseBuffer = buffer
    gradient = buffer
    var touched = RowSet(capacity: value.rows)
    touched.insert(rows)
    touchedRows = touched
    return buffer
  }

  /// Drops the gradient; its memory waits for the next one.
  package func clearGradient() {
    if let gradient, sparseBuffer != nil {
      if let touchedRows {
        for row in touchedRows.indices { gradient.rowSlice(row..<row + 1).fill(0) }
      } else {
        gradient.fill(0)
      }
    }
    gradient = nil
    touchedRows = nil
  }

  /// Sets the gradient from outside: tests, and gradients given by another process.
  package func setGradient(_ tensor: Tensor) {
    precondition(tensor.shape == shape)
    clearGradient()
    (sparseBuffer, denseBuffer) = (nil, nil)
    gradient = tensor
  }
}

/// A set of row numbers with constant-time insertion, in order of first insertion.
package struct RowSet {
  package private(set) var indices: [Int] = []
  private var present: [Bool]

  package init(capacity: Int) { present = Array(repeating: false, count: capacity) }

  package mutating func insert(_ rows: [Int32]) {
    for row in rows { insert(Int(row)) }
  }

  package mutating func insert(_ row: Int) {
    guard !present[row] else { return }
    present[row] = true
    indices.append(row)
  }

  package func contains(_ row: Int) -> Bool { present[row] }
  package var capacity: Int { present.count }
  /// In ascending order: sums over these rows then do not depend on when each was inserted.
  package var ascending: [Int] { present.indices.filter { present[$0] } }
}
