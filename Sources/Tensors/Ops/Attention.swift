import CKernels
import Support

/// Shape of a packed multi-head attention.
public struct AttentionShape: Sendable {
  /// Query heads.
  public let heads: Int
  /// Key and value heads; each serves `heads / keyValueHeads` query heads.
  public let keyValueHeads: Int
  public let headSize: Int
  /// A token sees itself and what is before it, else its whole sequence.
  public let isCausal: Bool

  public init(heads: Int, keyValueHeads: Int, headSize: Int, isCausal: Bool) {
    precondition(heads % keyValueHeads == 0)
    (self.heads, self.keyValueHeads, self.headSize, self.isCausal) = (heads, keyValueHeads, headSize, isCausal)
  }
}

extension Tape {
  /// Scaled dot-product attention within each sequence of a packed batch (Vaswani et al., 2017).
  ///
  /// - Parameters:
  ///   - query: `[tokens, heads · headSize]`.
  ///   - key: `[tokens, keyValueHeads · headSize]`; value likewise.
  ///   - offsets: first token of each sequence, and the token count at the end.
  ///   - dropoutRate: of the attention probabilities.
  /// - Returns: `[tokens, heads · headSize]`. Saves the probabilities before dropout.
  public func attention(
    query: Variable, key: Variable, value: Variable, offsets: [Int], shape: AttentionShape, dropoutRate: Float = 0
  ) -> Variable {
    let pass = AttentionPass(
      query: query.value, key: key.value, value: value.value, offsets: offsets, shape: shape,
      dropoutRate: isTraining ? dropoutRate : 0, random: isTraining && dropoutRate > 0 ? nextDropoutGenerator() : nil)
    let output = Tensor(uninitialized: query.value.shape)
    pass.forward(into: output)
    return record(output, inputs: [query, key, value]) { gradient in
      let (dQuery, dKey, dValue) = pass.backward(gradient)
      query.addGradient(dQuery)
      key.addGradient(dKey)
      value.addGradient(dValue)
    }
  }
}

/// One forward pass and what its gradient needs.
private struct AttentionPass {
  let query: Tensor
  let key: Tensor
  let value: Tensor
  let offsets: [Int]
  let shape: AttentionShape
  let dropoutRate: Float
  let random: RandomGenerator?
  /// All score matrices, one after the other, each starting at a multiple of 16 elements.
  let probabilities: Tensor
  /// Start of (sequence 0, head 0), (sequence 0, head 1) … in ``probabilities``.
  private let sequenceStarts: [Int]
  private let scale: Float

  init(
    query: Tensor, key: Tensor, value: Tensor, offsets: [Int], shape: AttentionShape, dropoutRate: Float,
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
    scale = 1 / Float(shape.headSize).squareRoot()
  }

  /// Elements kept for one score matrix; a multiple of 16, so that dropout's counters never overlap.
  private static func padded(_ length: Int) -> Int { (length * length + 15) / 16 * 16 }

  /// Runs `body(sequence, keyValueHead)` in parallel: tasks share no output.
  private func forEachGroup(_ body: (Int, Int) -> Void) {
    let groups = shape.keyValueHeads
    // Longest sequences first would balance better, but parts are already claimed one by one.
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
    let (width, keyWidth) = (shape.heads * size, shape.keyValueHeads * size)
    forEachGroup { sequence, group in
      let (first, length) = (offsets[sequence], offsets[sequence + 1] - offsets[sequence])
      guard length > 0 else { return }
      let keys = key.pointer + first * keyWidth + group * size
      let values = value.pointer + first * keyWidth + group * size
      let scratch = random == nil ? nil : Tensor(uninitialized: [length * length])
      forEachHead(of: group) { head in
        let start = block(sequence, head, length)
        let scores = probabilities.pointer + start
        let queries = query.pointer + first * width + head * size
        MatrixProduct.serial(
          length, length, size, 1, queries, width, false, keys, keyWidth, true, 0, scores, length)
        kernels.softmax(scores, scale, shape.isCausal ? 1 : 0, length, length)
        var weights = UnsafePointer(scores)
        if let scratch {
          drop(scores, scratch.pointer, length * length, start)
          weights = UnsafePointer(scratch.pointer)
        }
        MatrixProduct.serial(
          length, size, length, 1, weights, length, false, values, keyWidth, false, 0,
          output.pointer + first * width + head * size, width)
      }
    }
  }

  func backward(_ gradient: Tensor) -> (query: Tensor, key: Tensor, value: Tensor) {
    let (kernels, size) = (ElementWise.kernels, shape.headSize)
    let (width, keyWidth) = (shape.heads * size, shape.keyValueHeads * size)
    let dQuery = Tensor(uninitialized: query.shape)
    let (dKey, dValue) = (Tensor(uninitialized: key.shape), Tensor(uninitialized: value.shape))
    forEachGroup { sequence, group in
      let (first, length) = (offsets[sequence], offsets[sequence + 1] - offsets[sequence])
      guard length > 0 else { return }
      let (row, keyRow) = (first * width, first * keyWidth + group * size)
      let slope = Tensor(uninitialized: [length * length])
      let dropped = random == nil ? nil : Tensor(uninitialized: [length * length])
      var beta: Float = 0
      forEachHead(of: group) { head in
        let start = block(sequence, head, length)
        let scores = probabilities.pointer + start
        let dOutput = gradient.pointer + row + head * size
        var weights = UnsafePointer(scores)
        if let dropped {
          drop(scores, dropped.pointer, length * length, start)
          weights = UnsafePointer(dropped.pointer)
        }
        MatrixProduct.serial(
          length, size, length, 1, weights, length, true, dOutput, width, false, beta, dValue.pointer + keyRow,
          keyWidth)
        MatrixProduct.serial(
          length, length, size, 1, dOutput, width, false, value.pointer + keyRow, keyWidth, true, 0, slope.pointer,
          length)
        if random != nil { drop(slope.pointer, slope.pointer, length * length, start) }
        kernels.softmax_backward(scores, slope.pointer, scale, shape.isCausal ? 1 : 0, length, length)
        MatrixProduct.serial(
          length, size, length, 1, slope.pointer, length, false, key.pointer + keyRow, keyWidth, false, 0,
          dQuery.pointer + row + head * size, width)
        MatrixProduct.serial(
          length, size, length, 1, slope.pointer, length, true, query.pointer + row + head * size, width, false, beta,
          dKey.pointer + keyRow, keyWidth)
        beta = 1
      }
    }
    return (dQuery, dKey, dValue)
  }
}
