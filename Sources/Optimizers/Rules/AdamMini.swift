import CKernels
import Support
import Tensors

extension OptimizerSpecification {
  static let adamMini = OptimizerSpecification(
    name: "adam-mini", summary: "Adam with one rate per head or output", source: "adam-mini 1.1.1",
    options: [
      .beta("beta1", "0.9", "average of the gradient"), .beta("beta2", "0.999", "average of a block's mean square"),
      .eps("1e-8"),
    ], learningRate: 5e-5
  ) { AdamMini($0) }
}

/// Adam-mini (Zhang et al., 2024), as adam-mini 1.1.1: AdamW whose second moment is one number per block, the average
/// of the block's mean square.
///
/// The role of a parameter decides its blocks. A block is one attention head of a query or key weight, one output of
/// any other matrix, embedding or head, the whole weight of a norm, or one element of a bias.
///
/// The reference goes by the parameter's name. A weight whose name it does not know is one block, e.g. GPT-2's c_attn
/// and c_proj and BERT's intermediate weights.
struct AdamMini: OptimizerRule {
  private let adam: Adam

  init(_ options: OptimizerOptions) {
    adam = Adam(options, form: .corrected, decayPlace: .before)
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] {
    let count: Int
    if parameter.role == .norm {
      count = 1
    } else if parameter.shape.count == 2 {
      count = BlockCuts(parameter).count
    } else {
      return adam.stateLayout(for: parameter)
    }
    // A block of an embedding is a row.
    let span = parameter.role == .embedding ? parameter.shape.last : nil
    return [
      StateEntry("m", .firstMoment, parameter.shape), StateEntry("v", .secondMoment, [count], span: span),
    ]
  }

  func step(_ update: ParameterUpdate) throws(OptimizerError) {
    let layout = update.parameter.layout
    guard layout.role == .norm || layout.shape.count == 2 else { return try adam.step(update) }
    let isFinite: Bool
    if layout.role == .norm {
      isFinite = stepBlocks(update, count: 1) { _ in (0, layout.count) }
    } else if layout.outputAxis == 0 {
      let (cuts, width) = (BlockCuts(layout), update.gradient.columns)
      let rows = layout.blocks.isEmpty ? update.rows(still: .neverTouched) : nil
      isFinite = stepBlocks(update, count: cuts.count, only: rows) { block in
        let range = cuts.range(block)
        return (range.lowerBound * width, range.count * width)
      }
    } else {
      isFinite = stepColumns(update)
    }
    guard isFinite else { throw update.diverged("the new weight") }
  }

  private func coefficients(_ update: ParameterUpdate) -> ft_first_order {
    var c = ft_first_order()
    c.gradient_scale = update.context.gradientScale
    (c.beta1, c.one_minus_beta1) = (Float(adam.beta1), Float(1 - adam.beta1))
    c.decay = Float(update.context.learningRate * update.decay)
    return c
  }

  /// Averages a block's mean square into `v`.
  ///
  /// - Returns: the factor of m in the step; NaN when the gradient is not finite, so that the new weights are seen to
  ///   diverge.
  private func factor(_ v: UnsafeMutablePointer<Float>, meanSquare: Double, _ c: ft_adam) -> Float {
    guard meanSquare.isFinite else { return .nan }
    let scale = Double(c.gradient_scale)
    v.pointee = c.beta2 * v.pointee + c.one_minus_beta2 * Float(meanSquare * scale * scale)
    return v.pointee.isFinite ? c.step_size / (v.pointee.squareRoot() * c.root_scale + c.eps) : .nan
  }

  /// Steps blocks that lie in consecutive memory.
  ///
  /// - Parameters:
  ///   - chosen: numbers of the blocks to step; `nil`: all.
  ///   - place: start and length of a block.
  private func stepBlocks(
    _ update: ParameterUpdate, count: Int, only chosen: [Int]? = nil, place: (_ block: Int) -> (start: Int, count: Int)
  ) -> Bool {
    let (state, gradient) = (update.state, update.gradient)
    let (m, v, w) = (state.require("m").pointer, state.require("v").pointer, update.weight.pointer)
    let (kernels, sums) = (OptimizerKernels.best, ElementWise.kernels)
    let (c, rates) = (coefficients(update), adam.coefficients(update.context, decay: update.decay))
    let failed = Flag()
    let grain = max(1, 8_192 * count / max(1, update.parameter.count))
    withUnsafePointer(to: c) { c in
      ThreadPool.shared.parallel(count: chosen?.count ?? count, grain: grain) { range in
        for position in range {
          let block = chosen?[position] ?? position
          let (start, length) = place(block)
          let square = sums.sum_of_squares(gradient.pointer + start, length)
          let factor = factor(v + block, meanSquare: square / Double(length), rates)
          if kernels.average_step(c, gradient.pointer + start, factor, m + start, w + start, length) != 0 {
            failed.raise()
          }
        }
      }
    }
    return !failed.isRaised
  }

  /// Steps blocks of columns, which the `[in, out]` weights of GPT-2 have.
  private func stepColumns(_ update: ParameterUpdate) -> Bool {
    let (state, gradient) = (update.state, update.gradient)
    let (m, v, w) = (state.require("m").pointer, state.require("v").pointer, update.weight.pointer)
    let (width, rows) = (gradient.columns, gradient.rows)
    let kernels = OptimizerKernels.best
    let regions = RowRegions(gradient, rows: nil)
    let sums = regions.columnSums(width) { row, sums in
      _ = kernels.square_sums(1, gradient.pointer + row * width, sums, width)
    }
    let rates = adam.coefficients(update.context, decay: update.decay)
    let (cuts, factors) = (BlockCuts(update.parameter.layout), Tensor(uninitialized: [width]))
    for block in 0..<cuts.count {
      let range = cuts.range(block)
      let square = sums[range].reduce(0, +) / Double(range.count * rows)
      factors.rowSlice(0..<1).pointer.advanced(by: range.lowerBound)
        .update(repeating: factor(v + block, meanSquare: square, rates), count: range.count)
    }
    return withUnsafePointer(to: coefficients(update)) { c in
      regions.allFinite { row in
        let start = row * width
        return kernels.average_column_step(
          c, gradient.pointer + start, factors.pointer, m + start, w + start, width)
      }
    }
  }
}

/// The outputs of a matrix cut into Adam-mini's blocks.
struct BlockCuts {
  private let starts: [Int]
  var count: Int { starts.count - 1 }

  init(_ parameter: ParameterShape) {
    guard !parameter.blocks.isEmpty else {
      starts = Array(0...parameter.shape[parameter.outputAxis])
      return
    }
    var starts = [0]
    var end = 0
    for run in parameter.blocks {
      for _ in 0..<run.count {
        end += run.size
        starts.append(end)
      }
    }
    self.starts = starts
  }

  /// The outputs that belong to a block.
  func range(_ block: Int) -> Range<Int> { starts[block]..<starts[block + 1] }
}
