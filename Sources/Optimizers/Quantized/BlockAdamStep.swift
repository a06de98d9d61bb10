import CKernels
import Support
import Tensors

/// AdamW's step over moments that are stored as codes, with one scale for each block of consecutive elements.
///
/// Each block is decoded, stepped in Float and encoded again while it is in the cache.
struct BlockAdamStep {
  let adam: Adam
  /// The codebook of the first moment; ``second`` is that of the second moment.
  let first: Codebook
  let second: Codebook
  /// The number of elements that share a scale. It is even and at most `ft_longest_block`.
  let block: Int

  func blockCount(_ count: Int) -> Int { (count + block - 1) / block }

  func stateLayout(for shape: [Int]) -> [StateEntry] {
    layout("m", .firstMoment, first, shape) + layout("v", .secondMoment, second, shape)
  }

  /// The codes of a moment and their scales. Codes of 8 bits have the shape of the parameter; codes of 4 bits are flat,
  /// since a byte holds two.
  func layout(_ name: String, _ kind: StateKind, _ codebook: Codebook, _ shape: [Int]) -> [StateEntry] {
    let count = shape.reduce(1, *)
    return [
      StateEntry(name, kind, codebook.bits == 8 ? shape : [codebook.byteCount(count)], type: .uint8),
      StateEntry(name + "_scale", kind, [blockCount(count)], span: block),
    ]
  }

  func step(_ update: ParameterUpdate) throws(OptimizerError) {
    let c = adam.coefficients(update.context, decay: update.decay)
    let blocks = update.blocks(length: block)
    try BlockFault.check(update) { fault in
      step(c, gradient: update.gradient, weight: update.weight, state: update.state, blocks: blocks, fault)
    }
  }

  /// Steps `weight`, which has the shape of the moments.
  ///
  /// - Parameter blocks: the blocks to step; `nil` for all blocks.
  func step(
    _ c: ft_adam, gradient: Tensor, weight: Tensor, state: ParameterState, blocks: [Int]?, _ fault: BlockFault
  ) {
    let (m, v) = (pointers(state, "m"), pointers(state, "v"))
    let kernel = OptimizerKernels.best.adam_blocks
    withUnsafePointer(to: c) { c in
      forEachRun(of: blocks, elements: weight.count) { range in
        let start = range.lowerBound
        fault.note(
          kernel(
            c, first.pointer, second.pointer, gradient.pointer + start, first.advance(m, start, block),
            second.advance(v, start, block), weight.pointer + start, range.count, block))
      }
    }
  }

  func pointers(_ state: ParameterState, _ name: String) -> ft_block_state {
    ft_block_state(codes: state.requireBytes(name).pointer, scales: state.require(name + "_scale").pointer)
  }

  /// Runs `body` concurrently on ranges of elements that together make up `blocks`; `nil` stands for all blocks. Each
  /// range starts at the start of a block.
  func forEachRun(of blocks: [Int]?, elements: Int, _ body: (Range<Int>) -> Void) {
    ThreadPool.shared.parallel(count: blocks?.count ?? blockCount(elements), grain: Grain.rows(width: block)) { range in
      guard let blocks else {
        body(range.lowerBound * block..<min(elements, range.upperBound * block))
        return
      }
      for index in blocks[range] { body(index * block..<min(elements, (index + 1) * block)) }
    }
  }
}

extension Codebook {
  /// The codes and scales from element `start` on, which must be the start of a block.
  func advance(_ state: ft_block_state, _ start: Int, _ block: Int) -> ft_block_state {
    ft_block_state(codes: state.codes + start * bits / 8, scales: state.scales + start / block)
  }
}

extension ParameterUpdate {
  /// The blocks of `length` elements that overlap a row with a nonzero step; `nil` for all blocks.
  ///
  /// The other blocks need no step: with either ``Codebook/Lookup``, a zero gradient leaves moments of zero as they
  /// are.
  func blocks(length: Int) -> [Int]? {
    guard let rows = rows(still: .neverTouched) else { return nil }
    let width = weight.columns
    var blocks = RowSet(capacity: (parameter.count + length - 1) / length)
    for row in rows {
      for block in row * width / length...((row + 1) * width - 1) / length { blocks.insert(block) }
    }
    return blocks.indices
  }
}
