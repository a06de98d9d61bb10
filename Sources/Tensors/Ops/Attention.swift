import CKernels
import Support

/// Shape of a packed multi-head attention.
package struct AttentionShape: Sendable {
  /// Query heads.
  package let heads: Int
  /// Key and value heads; each serves `heads / keyValueHeads` query heads.
  package let keyValueHeads: Int
  package let headSize: Int
  /// Whether a token sees only itself and the tokens before it; otherwise it sees its whole sequence.
  package let isCausal: Bool
  /// Factor of the scores before the softmax.
  package let scale: Float

  /// - Parameter scale: `1 / √headSize` when absent.
  package init(heads: Int, keyValueHeads: Int, headSize: Int, isCausal: Bool, scale: Float? = nil) {
    precondition(heads % keyValueHeads == 0)
    (self.heads, self.keyValueHeads, self.headSize, self.isCausal) = (heads, keyValueHeads, headSize, isCausal)
    self.scale = scale ?? 1 / Float(headSize).squareRoot()
  }

  var queryWidth: Int { heads * headSize }
  var keyWidth: Int { keyValueHeads * headSize }
}

extension Tape {
  /// Scaled dot-product attention within each sequence of a packed batch (Vaswani et al., 2017).
  ///
  /// - Parameters:
  ///   - query: `[tokens, heads · headSize]`.
  ///   - key: `[tokens, keyValueHeads · headSize]`; value likewise.
  ///   - offsets: first token of each sequence, and the token count at the end.
  ///   - dropoutRate: the dropout rate of the attention probabilities.
  ///   - past: where the keys and values of earlier tokens are, for evaluation only.
  /// - Returns: `[tokens, heads · headSize]`. Saves the probabilities before dropout.
  package func attention(
    query: Variable, key: Variable, value: Variable, offsets: [Int], shape: AttentionShape, dropoutRate: Float = 0,
    past: AttentionPast? = nil
  ) -> Variable {
    if let past {
      return attention(
        query: Columns(query.value), key: Columns(key.value), value: Columns(value.value), offsets: offsets,
        shape: shape, past: past)
    }
    let pass = AttentionPass(
      query: Columns(query.value), key: Columns(key.value), value: Columns(value.value), offsets: offsets, shape: shape,
      dropoutRate: isTraining ? dropoutRate : 0, random: isTraining && dropoutRate > 0 ? nextDropoutGenerator() : nil)
    let output = Tensor(uninitialized: query.value.shape)
    pass.forward(into: output)
    let inputs = [query, key, value]
    let (slots, shapes) = (inputs.map(\.slot), inputs.map(\.value.shape))
    return record(output, inputs: inputs) { gradient in
      let results = zip(slots, shapes).map { slot, shape in slot.map { _ in Tensor(uninitialized: shape) } }
      let parts = results.map { $0.map { Columns($0) } }
      pass.backward(gradient, query: parts[0], key: parts[1], value: parts[2])
      for (slot, result) in zip(slots, results) { result.map { slot?.add($0) } }
    }
  }

  /// Attention on one projection that holds query, key and value in consecutive columns, as GPT-2's `c_attn` does.
  ///
  /// - Parameter fused: `[tokens, (heads + 2 · keyValueHeads) · headSize]`.
  package func attention(
    fused: Variable, offsets: [Int], shape: AttentionShape, dropoutRate: Float = 0, past: AttentionPast? = nil
  ) -> Variable {
    let input = fused.value
    precondition(input.columns == shape.queryWidth + 2 * shape.keyWidth)
    func split(_ tensor: Tensor) -> (query: Columns, key: Columns, value: Columns) {
      let second = shape.queryWidth + shape.keyWidth
      return (Columns(tensor), Columns(tensor, from: shape.queryWidth), Columns(tensor, from: second))
    }
    let parts = split(input)
    if let past {
      return attention(
        query: parts.query, key: parts.key, value: parts.value, offsets: offsets, shape: shape, past: past)
    }
    let pass = AttentionPass(
      query: parts.query, key: parts.key, value: parts.value, offsets: offsets, shape: shape,
      dropoutRate: isTraining ? dropoutRate : 0, random: isTraining && dropoutRate > 0 ? nextDropoutGenerator() : nil)
    let output = Tensor(uninitialized: [input.rows, shape.queryWidth])
    pass.forward(into: output)
    let slot = fused.slot
    return record(output, inputs: [fused]) { gradient in
      let result = Tensor(uninitialized: input.shape)
      let parts = split(result)
      pass.backward(gradient, query: parts.query, key: parts.key, value: parts.value)
      slot?.add(result)
    }
  }
}

/// The columns of a row-major matrix that hold query, key or value, in a matrix of their own or in a fused projection.
struct Columns {
  /// Keeps the memory of ``pointer`` alive.
  private let tensor: Tensor
  let pointer: UnsafeMutablePointer<Float>
  let stride: Int

  init(_ tensor: Tensor, from column: Int = 0) {
    self.tensor = tensor
    pointer = tensor.pointer + column
    stride = tensor.columns
  }
}

/// One forward pass, with the values that its gradient needs.
private struct AttentionPass {
  let query: Columns
  let key: Columns
  let value: Columns
  let offsets: [Int]
  let shape: AttentionShape
  let dropoutRate: Float
  let random: RandomGenerator?
  /// All score matrices, one after the other, each starting at a multiple of 16 elements.
  let probabilities: Tensor
  /// Start of (sequence 0, head 0), (sequence 0, head 1) … in ``probabilities``.
  private let sequenceStarts: [Int]

  init(
    query: Columns, key: Columns, value: Columns, offsets: [Int], shape: AttentionShape, dropoutRate: Float,
    random: RandomGenerator?
  ) {
    (self.query, self.key, self.value, self.offsets, self.shape) = (query, key, value, offsets, shape)
    (self.dropoutRate, self.random) = (dropoutRate, random)
    var starts: [Int] = []
    var total = 0
    for sequence in 0..<offsets.count - 1 {
      starts.append(total)
      total += AttentionPass.padded(offsets[sequence + 1] - offsets[sequence]) * shape.heads
    }
    sequenceStarts = starts
    probabilities = Tensor(uninitialized: [total])
  }

  /// The number of elements kept for one score matrix: a multiple of 16, so that dropout's counters never overlap.
  private static func padded(_ length: Int) -> Int { (length * length + 15) / 16 * 16 }

  /// Runs `body(sequence, keyValueHead)` concurrently. No two tasks write the same output.
  ///
  /// - Parameter scratch: the number of square matrices of the sequence's length that each task allocates while it
  ///   runs.
  private func forEachGroup(scratch: Int, _ body: (Int, Int) -> Void) {
    let groups = shape.keyValueHeads
    if DryRun.isOn {
      let longest = zip(offsets, offsets.dropFirst()).reduce(0) { max($0, $1.1 - $1.0) }
      let tasks = min(ThreadPool.shared.threads, (offsets.count - 1) * groups)
      MemoryTally.addTransient(tasks * scratch * BufferPool.sizeClass(ElementType.float32.size * longest * longest))
    }
    // Starting with the longest sequences would balance better, but threads already claim the parts one by one.
    ThreadPool.shared.parallel((offsets.count - 1) * groups) { part in body(part / groups, part % groups) }
  }

  private func forEachHead(of group: Int, _ body: (Int) -> Void) {
    let size = shape.heads / shape.keyValueHeads
    for head in group * size..<(group + 1) * size { body(head) }
  }

  private func block(_ sequence: Int, _ head: Int, _ length: Int) -> Int {
    sequenceStarts[sequence] + head * AttentionPass.padded(length)
  }

  private func drop(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int, _ start: Int) {
    guard let random else { return }
    ElementWise.kernels.dropout(x, y, count, dropoutRate, random.seed, random.stream, UInt64(start / 4))
  }

  func forward(into output: Tensor) {
    let (kernels, size) = (ElementWise.kernels, shape.headSize)
    let width = shape.queryWidth
    forEachGroup(scratch: random == nil ? 0 : 1) { sequence, group in
      let (first, length) = (offsets[sequence], offsets[sequence + 1] - offsets[sequence])
      guard length > 0 else { return }
      let keys = key.pointer + first * key.stride + group * size
      let values = value.pointer + first * value.stride + group * size
      let scratch = random == nil ? nil : Tensor(uninitialized: [length * length])
      forEachHead(of: group) { head in
        let start = block(sequence, head, length)
        let scores = probabilities.pointer + start
        let queries = query.pointer + first * query.stride + head * size
        MatrixProduct.serial(
          length, length, size, 1, queries, query.stride, false, keys, key.stride, true, 0, scores, length)
        kernels.softmax(scores, shape.scale, shape.isCausal ? 1 : 0, length, length)
        var weights = UnsafePointer(scores)
        if let scratch {
          drop(scores, scratch.pointer, length * length, start)
          weights = UnsafePointer(scratch.pointer)
        }
        MatrixProduct.serial(
          length, size, length, 1, weights, length, false, values, value.stride, false, 0,
          output.pointer + first * width + head * size, width)
      }
    }
  }

  /// Overwrites the gradients of query, key and value; `nil` for one that is not wanted.
  func backward(_ gradient: Tensor, query dQuery: Columns?, key dKey: Columns?, value dValue: Columns?) {
    let (kernels, size, width) = (ElementWise.kernels, shape.headSize, shape.queryWidth)
    forEachGroup(scratch: random == nil ? 1 : 2) { sequence, group in
      let (first, length) = (offsets[sequence], offsets[sequence + 1] - offsets[sequence])
      guard length > 0 else { return }
      let keys = key.pointer + first * key.stride + group * size
      let values = value.pointer + first * value.stride + group * size
      let slope = Tensor(uninitialized: [length * length])
      let dropped = random == nil ? nil : Tensor(uninitialized: [length * length])
      var beta: Float = 0
      forEachHead(of: group) { head in
        let start = block(sequence, head, length)
        let scores = probabilities.pointer + start
        let dOutput = gradient.pointer + first * width + head * size
        let queries = query.pointer + first * query.stride + head * size
        var weights = UnsafePointer(scores)
        if let dropped {
          drop(scores, dropped.pointer, length * length, start)
          weights = UnsafePointer(dropped.pointer)
        }
        if let dValue {
          MatrixProduct.serial(
            length, size, length, 1, weights, length, true, dOutput, width, false, beta,
            dValue.pointer + first * dValue.stride + group * size, dValue.stride)
        }
        guard dQuery != nil || dKey != nil else { beta = 1; return }
        MatrixProduct.serial(
          length, length, size, 1, dOutput, width, false, values, value.stride, true, 0, slope.pointer, length)
        if random != nil { drop(slope.pointer, slope.pointer, length * length, start) }
        kernels.softmax_backward(scores, slope.pointer, shape.scale, shape.isCausal ? 1 : 0, length, length)
        if let dQuery {
          MatrixProduct.serial(
            length, size, length, 1, slope.pointer, length, false, keys, key.stride, false, 0,
            dQuery.pointer + first * dQuery.stride + head * size, dQuery.stride)
        }
        if let dKey {
          MatrixProduct.serial(
            length, size, length, 1, slope.pointer, length, true, queries, query.stride, false, beta,
            dKey.pointer + first * dKey.stride + group * size, dKey.stride)
        }
        beta = 1
      }
    }
  }
}
