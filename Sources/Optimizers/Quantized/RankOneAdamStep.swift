import CKernels
import Support
import Tensors

/// AdamW's step over a matrix with a quantized second moment. The scale of each code is the smaller of the maximum of
/// its row and the maximum of its column.
///
/// The new maxima must be known before anything is encoded. The new second moment is therefore computed twice, so that
/// it never has to be stored in Float.
struct RankOneAdamStep {
  /// The codebooks and the block length. The first moment is stored in blocks, as in ``BlockAdamStep``.
  let blocks: BlockAdamStep

  func stateLayout(for shape: [Int]) -> [StateEntry] {
    blocks.layout("m", .firstMoment, blocks.first, shape) + [
      StateEntry("v", .secondMoment, [blocks.second.byteCount(shape.reduce(1, *))], type: .uint8),
      StateEntry("v_rows", .secondMoment, [shape[0]], span: shape[1]),
      StateEntry("v_columns", .secondMoment, [shape[1]]),
    ]
  }

  func step(_ update: ParameterUpdate) throws(OptimizerError) {
    let (parameter, state) = (update.parameter, update.state)
    let c = blocks.adam.coefficients(update.context, decay: update.decay)
    let active = update.blocks(length: blocks.block)
    let rows = active == nil ? nil : state.activeRows?.indices
    let newRows = Tensor(zeros: [update.weight.rows])
    let newColumns = Tensor(zeros: [update.weight.columns])
    let v = ft_rank_one_state(
      codes: state.requireBytes("v").pointer, width: newColumns.count, rows: state.require("v_rows").pointer,
      columns: state.require("v_columns").pointer, new_rows: newRows.pointer, new_columns: newColumns.pointer)
    let m = blocks.pointers(state, "m")
    let (first, second, block) = (blocks.first.pointer, blocks.second.pointer, blocks.block)
    let (gradient, weight) = (update.gradient.pointer, update.weight.pointer)
    let kernels = OptimizerKernels.best
    try BlockFault.check(update) { fault in
      withUnsafePointer(to: c) { c in
        withUnsafePointer(to: v) { v in
          columnMaxima(into: newColumns, rows ?? Array(0..<update.weight.rows)) { row, maxima in
            fault.note(kernels.rank_one_maxima(c, second, gradient, v, row, newRows.pointer + row, maxima))
          }
          guard !fault.isRaised else { return }
          blocks.forEachRun(of: active, elements: parameter.count) { range in
            fault.note(
              kernels.adam_rank_one(c, first, second, gradient, m, v, weight, range.lowerBound, range.count, block))
          }
        }
      }
    }
    state.require("v_rows").copyValues(from: newRows)
    state.require("v_columns").copyValues(from: newColumns)
  }

  /// Runs `body(row, maxima)` for each row. The body raises `maxima`, the column maxima over the rows of its part so
  /// far.
  ///
  /// - Parameter columns: receives the column maxima over all `rows`.
  private func columnMaxima(
    into columns: Tensor, _ rows: [Int], _ body: (_ row: Int, _ maxima: UnsafeMutablePointer<Float>) -> Void
  ) {
    let width = columns.count
    let parts = max(1, min(ThreadPool.shared.threads, rows.count * width / Grain.elements))
    let partial = Tensor(zeros: [parts, width])
    ThreadPool.shared.parallel(parts) { part in
      for row in rows[rows.count * part / parts..<rows.count * (part + 1) / parts] {
        body(row, partial.pointer + part * width)
      }
    }
    for part in 0..<parts {
      for column in 0..<width {
        columns.pointer[column] = max(columns.pointer[column], partial.pointer[part * width + column])
      }
    }
  }
}
