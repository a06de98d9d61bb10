/// The part that a parameter plays in its model. An optimizer may treat parameters differently by role, never by name.
package enum ParameterRole: String, CaseIterable, Sendable {
  case embedding
  /// A 2-D weight inside a transformer layer (attention, feed-forward).
  case matrix
  case bias
  /// A layer-norm or RMS-norm weight.
  case norm
  /// A weight of a head: of a pooler, a classifier, a score or a language-model head.
  case head
}

/// Consecutive outputs of a weight that belong together, such as the attention heads stacked in a query or key weight.
package struct OutputBlocks: Sendable, Equatable {
  /// The number of consecutive blocks.
  package let count: Int
  /// The outputs of each block, which are rows of an `[out, in]` weight and columns of an `[in, out]` weight.
  package let size: Int

  package init(count: Int, size: Int) { (self.count, self.size) = (count, size) }
}

/// What the parameter of a new adapter holds at first.
package enum AdapterStart: Sendable, Equatable {
  case zeros
  case ones
  /// Uniform between the bound and its negative.
  case uniform(Double)
  /// Normal with mean 0 and this standard deviation.
  case normal(Double)
}

/// A parameter without its values, which is enough to plan an optimizer's memory.
package struct ParameterShape: Sendable {
  /// Name in the checkpoint, e.g. `bert.encoder.layer.0.attention.self.query.weight`.
  package let name: String
  package let role: ParameterRole
  package let shape: [Int]
  /// What the value is stored in.
  package var type: ElementType
  /// The blocks that the outputs fall into, in order; together they cover all outputs. When empty, each output is on
  /// its own.
  ///
  /// For example, a fused query, key and value weight of 12 heads of 64 outputs has
  /// `[OutputBlocks(count: 12, size: 64), OutputBlocks(count: 12, size: 64), OutputBlocks(count: 768, size: 1)]`.
  package let blocks: [OutputBlocks]
  /// The dimension of the outputs: 0 of `[out, in]`, 1 of GPT-2's `[in, out]`.
  package let outputAxis: Int
  /// Whether it belongs to the head: the weights of role `head`, and the biases and norms beside them.
  package let isOfHead: Bool
  /// Whether it belongs to a head that a task is trained with, in place of a language model's.
  package var isOfTaskHead = false
  /// How it begins where it belongs to an adapter, which is added to a checkpoint's own weights; else `nil`.
  package var adapterStart: AdapterStart?
  package var isAdapter: Bool { adapterStart != nil }
  /// A frozen parameter has no gradient and no optimizer state.
  package var isTrainable = true

  /// - Parameter isOfHead: `nil` means true when the role is `head`, else false.
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
  /// The bytes of the value.
  package var byteCount: Int { count * type.size }
  /// The bytes of the gradient, which is float32 whatever the type of the value; 0 for a frozen parameter.
  package var gradientByteCount: Int { isTrainable ? count * ElementType.float32.size : 0 }
}

/// A tensor of a model, with its gradient while a step is under way.
package final class Parameter {
  package private(set) var layout: ParameterShape
  private var values: Values

  private enum Values {
    case float32(Tensor)
    case bfloat16(BFloat16Tensor)
  }

  /// The value in float32. That of a bfloat16 parameter is a copy, which is made each time: hold it while its pointer is
  /// used, and change it by ``setValue(_:)`` or ``update(to:at:)`` only.
  package var value: Tensor {
    switch values {
    case .float32(let tensor): tensor
    case .bfloat16(let tensor): tensor.expanded()
    }
  }

  /// The value as it is stored.
  package var stored: AnyTensor {
    switch values {
    case .float32(let tensor): .float32(tensor)
    case .bfloat16(let tensor): .bfloat16(tensor)
    }
  }

  /// The sum of gradients of the current gradient-accumulation window; `nil` before the first contribution.
  package private(set) var gradient: Tensor?
  /// The rows of a row-sparse gradient that may differ from zero; `nil` when any row may.
  package private(set) var touchedRows: RowSet?

  /// Whether this embedding is also the weight of a tied head. Every row then has a gradient.
  package var isTied = false
  /// The buffer of row-sparse gradients. It is all zero between gradient-accumulation windows: only the rows that a
  /// window used are cleared, because an embedding is too large to clear as a whole in every step.
  private var sparseBuffer: Tensor?
  /// The buffer of dense gradients, kept between windows. If it went back to the pool, activations would take its
  /// place, and every step would have to allocate memory for both.
  private var denseBuffer: Tensor?

  /// A float32 parameter.
  package init(_ layout: ParameterShape, value: Tensor) {
    precondition(layout.type == .float32 && value.shape == layout.shape)
    (self.layout, values) = (layout, .float32(value))
  }

  /// A parameter whose value is empty, for good or until ``replaceValue(_:)``.
  package init(withoutValue layout: ParameterShape) {
    (self.layout, values) = (layout, .float32(Tensor(uninitialized: [0])))
  }

  /// A parameter of the layout's type with an uninitialized value.
  package init(uninitialized layout: ParameterShape) {
    self.layout = layout
    switch layout.type {
    case .bfloat16: values = .bfloat16(BFloat16Tensor(uninitialized: layout.shape))
    default: values = .float32(Tensor(uninitialized: layout.shape))
    }
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
  /// Size of the last dimension; 1 for a scalar.
  package var columns: Int { shape.last ?? 1 }
  /// Product of all dimensions but the last.
  package var rows: Int { columns == 0 ? 0 : count / columns }

  /// Whether the tape computes a gradient for this parameter and an optimizer updates it. Change it between steps only.
  ///
  /// A frozen value may lie in a file that is mapped read-only; once the parameter is trainable it has memory of its
  /// own.
  package var isTrainable: Bool {
    get { layout.isTrainable }
    set {
      layout.isTrainable = newValue
      if newValue {
        own()
      } else {
        clearGradient()
        (sparseBuffer, denseBuffer) = (nil, nil)
      }
    }
  }

  /// Replaces the value by a tensor of the same shape. The tensor may be read-only only while the parameter is frozen.
  package func replaceValue(_ tensor: Tensor) {
    precondition(layout.type == .float32 && tensor.shape == shape && !(isTrainable && tensor.storage.isReadOnly))
    values = .float32(tensor)
  }

  /// Gives the value memory of its own, where it lies in a file that is mapped read-only.
  package func own() {
    if case .float32(let tensor) = values, tensor.storage.isReadOnly { values = .float32(tensor.copy()) }
  }

  /// Whether the value has been set, or is uninitialized memory of its shape.
  package var hasValue: Bool {
    switch values {
    case .float32(let tensor): tensor.shape == shape
    case .bfloat16: true
    }
  }

  /// Stores the value in bfloat16 from now on, uninitialized. For a parameter of a dry run.
  package func storeInBFloat16() {
    layout.type = .bfloat16
    values = .bfloat16(BFloat16Tensor(uninitialized: shape))
  }

  /// Sets the value: `body` fills the tensor. A bfloat16 parameter takes the nearest numbers.
  package func setValue<Failure: Error>(_ body: (Tensor) throws(Failure) -> Void) throws(Failure) {
    switch values {
    case .float32(let tensor): try body(tensor)
    case .bfloat16(let rounded):
      let tensor = Tensor(uninitialized: shape)
      try body(tensor)
      rounded.round(tensor)
    }
  }

  /// Takes a changed ``value``. That of a bfloat16 parameter is rounded at random.
  package func update(to tensor: Tensor, at random: @autoclosure () -> RandomGenerator) {
    if case .bfloat16(let rounded) = values { rounded.round(tensor, at: random()) }
  }

  /// Writes row `row` to `target`.
  package func readRow(_ row: Int, into target: UnsafeMutablePointer<Float>) {
    switch values {
    case .float32(let tensor): target.update(from: tensor.pointer + row * columns, count: columns)
    case .bfloat16(let tensor):
      ElementWise.kernels.bfloat16_expand(tensor.pointer + row * columns, target, columns)
    }
  }

  /// The gradient to add to. When `isFresh` is true, the tensor is uninitialized and must be overwritten.
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

  /// The gradient of an embedding, for a scatter-add into `rows`. It is zero outside the rows recorded so far.
  package func rowGradient(adding rows: [Int32]) -> Tensor {
    if let gradient {
      touchedRows?.insert(rows)
      return gradient
    }
    let buffer = sparseBuffer ?? Tensor.lazyZeros(shape)
    sparseBuffer = buffer
    gradient = buffer
    var touched = RowSet(capacity: self.rows)
    touched.insert(rows)
    touchedRows = touched
    return buffer
  }

  /// Removes the gradient. The next gradient reuses its buffer.
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

  /// Removes the gradient and gives back its memory; that of a row-sparse gradient is kept, since only the rows in use
  /// take any.
  package func releaseGradient() {
    clearGradient()
    denseBuffer = nil
  }

  /// Sets the gradient to a given tensor, for tests and for gradients from another process.
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
  /// The rows in ascending order. A sum over them in this order does not depend on the order of insertion.
  package var ascending: [Int] { present.indices.filter { present[$0] } }
}
