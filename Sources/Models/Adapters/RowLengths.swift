import Support
import Tensors

/// The lengths of the rows of an adapted weight, which DoRA trains apart from their directions (Liu et al., 2024).
///
/// With V = W + s · B A, row i of the weight is `magnitude[i] · V[i] / ‖V[i]‖`. The norm counts as a constant in the
/// backward pass (their section 4.3, and peft).
final class RowLengths {
  /// `[out]`
  let magnitude: Parameter
  /// The norms of V while nothing is trained, so that they are not computed for each batch that is scored.
  private var kept: Tensor?

  init(magnitude: Parameter) { self.magnitude = magnitude }

  /// The norms of V's rows, `[out]`.
  func lengths(of weight: Parameter, a: Parameter, b: Parameter, scaling: Float, on tape: Tape) -> Tensor {
    if !tape.isTraining, let kept { return kept }
    let lengths = RowLengths.lengths(of: weight, a: a, b: b, scaling: scaling)
    kept = tape.isTraining ? nil : lengths
    return lengths
  }

  /// The rows that are summed at a time.
  private static let block = 32

  static func lengths(of weight: Parameter, a: Parameter, b: Parameter, scaling: Float) -> Tensor {
    let (out, inner, rank) = (b.rows, a.columns, a.rows)
    let (values, narrow, wide) = (weight.value, a.value, b.value)
    let isOutIn = weight.layout.outputAxis == 0
    let lengths = Tensor(uninitialized: [out])
    let blocks = (out + block - 1) / block
    if DryRun.isOn {
      let size = BufferPool.sizeClass(ElementType.float32.size * min(block, out) * inner)
      MemoryTally.addTransient(min(ThreadPool.shared.threads, blocks) * size)
    }
    ThreadPool.shared.parallel(blocks) { part in
      let rows = part * block..<min(out, (part + 1) * block)
      let scratch = Tensor(uninitialized: [rows.count, inner])
      for (index, row) in rows.enumerated() {
        let target = scratch.pointer + index * inner
        if isOutIn {
          target.update(from: values.pointer + row * inner, count: inner)
        } else {
          for column in 0..<inner { target[column] = values.pointer[column * out + row] }
        }
      }
      MatrixProduct.serial(
        rows.count, inner, rank, scaling, wide.pointer + rows.lowerBound * rank, rank, false, narrow.pointer, inner,
        false, 1, scratch.pointer, inner, .float32)
      for (index, row) in rows.enumerated() {
        let values = UnsafeBufferPointer(start: scratch.pointer + index * inner, count: inner)
        let length = Float(values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot())
        // A row of zeros has no direction; its quotients are then 0 and not undefined.
        lengths.pointer[row] = max(length, Float.leastNormalMagnitude)
      }
    }
    return lengths
  }
}
