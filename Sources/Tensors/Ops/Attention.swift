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
  ///   - query: `[tokens, heads · headSize]`, or a row for each token of `rows`.
  ///   - key: `[tokens, keyValueHeads · headSize]`; value likewise.
  ///   - offsets: first token of each sequence, and the token count at the end.
  ///   - dropoutRate: the dropout rate of the attention probabilities.
  ///   - rows: the tokens whose attention is computed; `nil` for all.
  ///   - past: where the keys and values of earlier tokens are, for evaluation only and without `rows`.
  /// - Returns: a row for each of `query`. Saves the probabilities before dropout.
  package func attention(
    query: Variable, key: Variable, value: Variable, offsets: [Int], shape: AttentionShape, dropoutRate: Float = 0,
    rows: TokenRows? = nil, past: AttentionPast? = nil
  ) -> Variable {
    precondition(query.value.rows == rows?.tokens.count ?? key.value.rows)
    if let past {
      precondition(rows == nil)
      return attention(
        query: Columns(query.value), key: Columns(key.value), value: Columns(value.value), offsets: offsets,
        shape: shape, past: past)
    }
    let pass = AttentionPass(
      query: Columns(query.value), key: Columns(key.value), value: Columns(value.value), offsets: offsets, rows: rows,
      shape: shape, mask: attentionMask(rate: dropoutRate), precision: precision)
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
      query: parts.query, key: parts.key, value: parts.value, offsets: offsets, rows: nil, shape: shape,
      mask: attentionMask(rate: dropoutRate), precision: precision)
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

  private func attentionMask(rate: Float) -> DropoutMask? {
    isTraining && rate > 0 ? DropoutMask(rate: rate, random: nextDropoutGenerator()) : nil
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
  /// The tokens that have a query; `nil` for all.
  let rows: TokenRows?
  let shape: AttentionShape
  let mask: DropoutMask?
  let precision: Precision
  /// All score matrices, one after the other, each starting at a multiple of 16 elements.
  let probabilities: Tensor
  /// Start of (sequence 0, head 0), (sequence 1, head 0) … in ``probabilities``.
  private let sequenceStarts: [Int]
  /// The same if all tokens had a query, by which dropout counts.
  private let maskStarts: [Int]

  init(
    query: Columns, key: Columns, value: Columns, offsets: [Int], rows: TokenRows?, shape: AttentionShape,
    mask: DropoutMask?, precision: Precision
  ) {
    (self.query, self.key, self.value, self.offsets, self.rows) = (query, key, value, offsets, rows)
    (self.shape, self.mask, self.precision) = (shape, mask, precision)
    func starts(_ rowOffsets: [Int]) -> (each: [Int], end: Int) {
      var (each, end) = ([Int](), 0)
      for sequence in 0..<offsets.count - 1 {
        each.append(end)
        let rows = rowOffsets[sequence + 1] - rowOffsets[sequence]
        end += AttentionPass.padded(rows, offsets[sequence + 1] - offsets[sequence]) * shape.heads
      }
      return (each, end)
    }
    let own = starts(rows?.offsets ?? offsets)
    (sequenceStarts, maskStarts) = (own.each, rows == nil ? own.each : starts(offsets).each)
    probabilities = Tensor(uninitialized: [own.end])
  }

  /// The number of elements kept for one score matrix: a multiple of 16, so that dropout's counters never overlap.
  private static func padded(_ rows: Int, _ length: Int) -> Int { (rows * length + 15) / 16 * 16 }

  /// The rows of one sequence in the query and in the output.
  private func queryRows(_ sequence: Int) -> Range<Int> {
    let starts = rows?.offsets ?? offsets
    return starts[sequence]..<starts[sequence + 1]
  }

  /// Runs `body(sequence, keyValueHead)` concurrently. No two tasks write the same output.
  ///
  /// - Parameter scratch: the number of score matrices that each task allocates while it runs.
  private func forEachGroup(scratch: Int, _ body: (Int, Int) -> Void) {
    let groups = shape.keyValueHeads
    if DryRun.isOn {
      let largest = (0..<offsets.count - 1).reduce(0) { most, sequence in
        max(most, queryRows(sequence).count * (offsets[sequence + 1] - offsets[sequence]))
      }
      let tasks = min(ThreadPool.shared.threads, (offsets.count - 1) * groups)
      MemoryTally.addTransient(tasks * scratch * BufferPool.sizeClass(ElementType.float32.size * largest))
    }
    // Starting with the longest sequences would balance better, but threads already claim the parts one by one.
    ThreadPool.shared.parallel((offsets.count - 1) * groups) { part in body(part / groups, part % groups) }
  }

  private func forEachHead(of group: Int, _ body: (Int) -> Void) {
    let size = shape.heads / shape.keyValueHeads
    for head in group * size..<(group + 1) * size { body(head) }
  }

  /// The score matrices of one sequence.
  private struct Scores {
    let rows: Range<Int>
    let length: Int
    /// The first element of the first head's matrix, and the elements from one head's to the next.
    let start: Int
    let stride: Int
    /// The number of the first element, and the numbers from one head to the next, by which dropout counts.
    let maskStart: Int
    let maskStride: Int
    var count: Int { rows.count * length }
  }

  private func scores(_ sequence: Int) -> Scores {
    let (rows, length) = (queryRows(sequence), offsets[sequence + 1] - offsets[sequence])
    return Scores(
      rows: rows, length: length, start: sequenceStarts[sequence], stride: AttentionPass.padded(rows.count, length),
      maskStart: maskStarts[sequence], maskStride: AttentionPass.padded(length, length))
  }

  private func drop(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, _ scores: Scores, _ head: Int) {
    guard let mask else { return }
    let first = scores.maskStart + head * scores.maskStride
    guard let rows else { return mask.apply(x, to: y, scores.count, from: first) }
    for (index, row) in scores.rows.enumerated() {
      let offset = index * scores.length
      mask.apply(x + offset, to: y + offset, scores.length, from: first + rows.positions[row] * scores.length)
    }
  }

  /// Runs `body` for consecutive rows of a score matrix, with the offset of the first, their number, and the tokens
  /// that the first of them sees, or 0 where each sees all.
  private func forEachVisible(_ scores: Scores, _ body: (_ offset: Int, _ rows: Int, _ seen: Int) -> Void) {
    guard shape.isCausal else { return body(0, scores.rows.count, 0) }
    guard let rows else { return body(0, scores.rows.count, 1) }
    for (index, row) in scores.rows.enumerated() { body(index * scores.length, 1, rows.positions[row] + 1) }
  }

  func forward(into output: Tensor) {
    let (kernels, size, width) = (ElementWise.kernels, shape.headSize, shape.queryWidth)
    forEachGroup(scratch: mask == nil ? 0 : 1) { sequence, group in
      let (first, scores) = (offsets[sequence], scores(sequence))
      let (count, length) = (scores.rows.count, scores.length)
      guard scores.count > 0 else { return }
      let keys = key.pointer + first * key.stride + group * size
      let values = value.pointer + first * value.stride + group * size
      let scratch = mask == nil ? nil : Tensor(uninitialized: [scores.count])
      forEachHead(of: group) { head in
        let weights = probabilities.pointer + scores.start + head * scores.stride
        let queries = query.pointer + scores.rows.lowerBound * query.stride + head * size
        MatrixProduct.serial(
          count, length, size, 1, queries, query.stride, false, keys, key.stride, true, 0, weights, length, precision)
        forEachVisible(scores) { kernels.softmax(weights + $0, shape.scale, $2, $1, length) }
        var kept = UnsafePointer(weights)
        if let scratch {
          drop(weights, to: scratch.pointer, scores, head)
          kept = UnsafePointer(scratch.pointer)
        }
        MatrixProduct.serial(
          count, size, length, 1, kept, length, false, values, value.stride, false, 0,
          output.pointer + scores.rows.lowerBound * width + head * size, width, precision)
      }
    }
  }

  /// Overwrites the gradients of query, key and value; `nil` for one that is not wanted.
  func backward(_ gradient: Tensor, query dQuery: Columns?, key dKey: Columns?, value dValue: Columns?) {
    let (kernels, size, width) = (ElementWise.kernels, shape.headSize, shape.queryWidth)
    forEachGroup(scratch: mask == nil ? 1 : 2) { sequence, group in
      let (first, scores) = (offsets[sequence], scores(sequence))
      let (count, length, firstRow) = (scores.rows.count, scores.length, scores.rows.lowerBound)
      guard length > 0 else { return }
      let keys = key.pointer + first * key.stride + group * size
      let values = value.pointer + first * value.stride + group * size
      let slope = Tensor(uninitialized: [scores.count])
      let dropped = mask == nil ? nil : Tensor(uninitialized: [scores.count])
      var beta: Float = 0
      forEachHead(of: group) { head in
        let weights = probabilities.pointer + scores.start + head * scores.stride
        let dOutput = gradient.pointer + firstRow * width + head * size
        let queries = query.pointer + firstRow * query.stride + head * size
        var kept = UnsafePointer(weights)
        if let dropped {
          drop(weights, to: dropped.pointer, scores, head)
          kept = UnsafePointer(dropped.pointer)
        }
        if let dValue {
          MatrixProduct.serial(
            length, size, count, 1, kept, length, true, dOutput, width, false, beta,
            dValue.pointer + first * dValue.stride + group * size, dValue.stride, precision)
        }
        guard dQuery != nil || dKey != nil else { beta = 1; return }
        MatrixProduct.serial(
          count, length, size, 1, dOutput, width, false, values, value.stride, true, 0, slope.pointer, length,
          precision)
        drop(slope.pointer, to: slope.pointer, scores, head)
        forEachVisible(scores) {
          kernels.softmax_backward(weights + $0, slope.pointer + $0, shape.scale, $2, $1, length)
        }
        if let dQuery {
          MatrixProduct.serial(
            count, size, length, 1, slope.pointer, length, false, keys, key.stride, false, 0,
            dQuery.pointer + firstRow * dQuery.stride + head * size, dQuery.stride, precision)
        }
        if let dKey {
          MatrixProduct.serial(
            length, size, count, 1, slope.pointer, length, true, queries, query.stride, false, beta,
            dKey.pointer + first * dKey.stride + group * size, dKey.stride, precision)
        }
        beta = 1
      }
    }
  }
}
