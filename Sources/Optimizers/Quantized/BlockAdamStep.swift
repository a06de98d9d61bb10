import CKernels
import Support
import Tensors

/// AdamW's step over moments stored as codes, with one scale for each block of consecutive elements of the flat tensor.
///
/// A block is decoded, stepped in Float and encoded again while it is in the cache.
struct BlockAdamStep {
  let adam: Adam
  /// Of the first and of the second moment.
  let first: Codebook
  let second: Codebook
  /// Elements that share a scale: even, at most `ft_longest_block`.
  let block: Int

  func blockCount(_ count: Int) -> Int { (count + block - 1) / block }

  func stateLayout(for shape: [Int]) -> [StateEntry] {
    layout("m", .firstMoment, first, shape) + layout("v", .secondMoment, second, shape)
  }

  /// Codes, shaped as the tensor where a byte holds one, and their scales.
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

  /// Steps `weight`, of the shape of the moments, in all blocks or in some.
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

  /// Runs `body` on ranges of elements that start with a block and together make up `blocks`; `nil`: all.
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
  /// The state from element `start` on, the start of a block.
  func advance(_ state: ft_block_state, _ start: Int, _ block: Int) -> ft_block_state {
    ft_block_state(codes: state.codes + start * bits / 8, scales: state.scales + start / block)
  }
}

extension ParameterUpdate {
  /// Blocks of `length` elements that hold a row which may have a nonzero step; `nil`: all.
  ///
  /// A zero gradient leaves a block of zeros as it is, whatever the lookup, so the others need no step at all.
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
