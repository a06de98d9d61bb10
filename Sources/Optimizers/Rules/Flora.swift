import CKernels
import Support
import Tensors

extension OptimizerSpecification {
  static let flora = OptimizerSpecification(
    name: "flora", summary: "Adafactor with randomly projected momentum", source: "flora-opt, PyTorch file",
    options: [
      .beta("beta1", "0.9", "average of the update; 0: none, nothing is compressed"),
      OptionSpecification("rank", .integer(1...(1 << 30)), default: "8", "rank of the projection"),
      OptionSpecification("kappa", .integer(1...(1 << 40)), default: "1000", "steps between projections"),
    ] + Adafactor.options(scaleParameter: true), learningRate: 1e-3
  ) { Flora($0) }
}

/// Flora (Hao et al., 2024), as BorealisAI/flora-opt's PyTorch file. It is Adafactor with a momentum that is compressed
/// by a random projection. The projection is drawn anew every kappa steps, and only its seed is stored.
///
///     u = F(r,c) ⊙ G;  D = (1−β1) u + β1 up(C);  at every kappa-th step C ← down'(up(C)), A ← A'
///     C ← β1 C + (1−β1) down(u);  W ← W − ηλW − η D / max(1, RMS(D))
///
/// Neither u nor up(C) is formed: F scales the rows and columns of thin matrices, and RMS(D) follows from products of
/// them.
///
/// The optax version brings the momentum over with the old projection; this one does not. Gradient accumulation stays
/// uncompressed.
struct Flora: OptimizerRule {
  private let adafactor: Adafactor
  private let projection: RandomProjection

  init(_ options: OptimizerOptions) {
    adafactor = Adafactor(options, beta1: options.number("beta1"), clipThreshold: 1, usesRelativeStep: false)
    projection = RandomProjection(rank: options.integer("rank"), kappa: options.integer("kappa"))
  }

  private var beta1: Double { adafactor.beta1 }

  /// The compressed momentum is a projection of the updates.
  func projects(_ parameter: ParameterShape) -> Bool { beta1 > 0 && projection.applies(to: parameter.shape) }

  func notes(for parameters: [ParameterShape]) -> [String] {
    let narrow = parameters.count { projection.isTooNarrow($0.shape) }
    guard beta1 > 0, narrow > 0 else { return [] }
    return ["rank \(projection.rank) is above the smaller side of \(narrow) matrices: their momentum is kept whole"]
  }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] {
    guard projects(parameter) else { return adafactor.stateLayout(for: parameter) }
    return [StateEntry("m", .firstMoment, projection.compressedShape(parameter.shape))]
      + adafactor.moment.stateLayout(parameter.shape)
  }

  func step(_ update: ParameterUpdate) throws(OptimizerError) {
    let rate = adafactor.effectiveRate(update.weight, update.context)
    let touched = update.parameter.touchedRows?.ascending
    guard let root = adafactor.root(update, gradient: update.gradient, rows: touched) else {
      throw update.diverged("the gradient")
    }
    let isFinite =
      projects(update.parameter.layout) ? stepCompressed(update, root, rate) : stepWhole(update, root, rate)
    guard isFinite else { throw update.diverged("the new weight") }
  }

  /// The step with a momentum of the parameter's own shape, where D is the new momentum, or without one, where D is u.
  private func stepWhole(_ update: ParameterUpdate, _ root: InverseRoot, _ rate: Double) -> Bool {
    let (gradient, weight, decay) = (update.gradient, update.weight, update.decay)
    let touched = update.parameter.touchedRows?.ascending
    let shrink = Float(rate * decay)
    guard beta1 > 0 else {
      root.clip(gradient, threshold: 1, rows: touched)
      root.scale(by: rate)
      return root.step(gradient, weight: weight, decay: shrink, rows: decay == 0 ? touched : nil)
    }
    let (m, active) = (update.state.require("m"), update.state.rowsToUpdate(for: update.parameter))
    root.average(gradient, into: m, beta: beta1, rows: active)
    // From here the momentum stands where the gradient stood, and one factor where F did.
    let step = InverseRoot.ones(rows: root.rows.count, columns: root.columns.count)
    step.clip(m, threshold: 1, rows: active)
    step.scale(by: rate)
    return step.step(m, weight: weight, decay: shrink, rows: decay == 0 ? active : nil)
  }

  private func stepCompressed(_ update: ParameterUpdate, _ root: InverseRoot, _ rate: Double) -> Bool {
    let (parameter, gradient, context) = (update.parameter, update.gradient, update.context)
    let (c, side) = (update.state.require("m"), ProjectionSide.standard(parameter.shape))
    let old = projection.basis(of: parameter, context)
    let down = down(gradient, root, old, side)
    let (kept, fresh) = (Float(beta1), Float(1 - beta1))

    // ‖D‖² = (1−β1)² ‖u‖² + 2 β1 (1−β1) ⟨down(u), C⟩ + β1² ‖up(C)‖², and ‖up(C)‖² = ⟨C AAᵀ, C⟩.
    let squares = root.rootMeanSquare(of: gradient, rows: nil)
    let fromC = inner(times(c, old, old, side), c)
    let square =
      (1 - beta1) * (1 - beta1) * squares * squares * Double(gradient.count)
      + 2 * beta1 * (1 - beta1) * inner(down, c) + beta1 * beta1 * fromC
    let rms = (max(0, square) / Double(gradient.count)).squareRoot()
    guard rms.isFinite else { return false }

    let direction = c.copy()
    ElementWise.scale(direction, by: kept)
    if projection.drawsAnew(context.step) {
      let new = projection.basis(of: parameter, afterStep: true, context)
      c.copyValues(from: times(c, old, new, side))
      average(self.down(gradient, root, new, side), into: c, kept, fresh)
    } else {
      average(down, into: c, kept, fresh)
    }
    root.scale(by: 1 - beta1)
    var step = ft_adam()
    (step.decay_before, step.decay_after) = (Float(1 - rate * update.decay), 1)
    step.step_size = Float(rate / max(1, rms))
    let (along, across) = side == .right ? (root.rows, root.columns) : (root.columns, root.rows)
    return ProjectedPass(basis: old, side: side, shape: parameter.shape)
      .apply(step, direction: direction, plus: (gradient, along, across), to: update.weight)
  }

  /// down(F ⊙ G) = rows ⊙ (G (columns ⊙ Aᵀ)), or columns ⊙ ((A ⊙ rows) G).
  private func down(_ gradient: Tensor, _ root: InverseRoot, _ basis: Tensor, _ side: ProjectionSide) -> Tensor {
    let kernels = ElementWise.kernels
    let scaled = basis.copy()
    let (inside, outside) = side == .right ? (root.columns, root.rows) : (root.rows, root.columns)
    for row in 0..<scaled.rows {
      kernels.multiply(inside.pointer, scaled.pointer + row * scaled.columns, scaled.columns)
    }
    let result = Tensor(uninitialized: side.projectedShape(gradient.shape, rank: basis.rows))
    ProjectedPass(basis: scaled, side: side, shape: gradient.shape)
      .project(gradient, scale: 1, into: result, squares: nil)
    for row in 0..<result.rows {
      let values = result.pointer + row * result.columns
      if side == .right {
        kernels.scale(outside.pointer[row], values, result.columns)
      } else {
        kernels.multiply(outside.pointer, values, result.columns)
      }
    }
    return result
  }

  /// The compression with `new` of what `old` decompresses. It needs only a rank × rank product of the two.
  private func times(_ c: Tensor, _ old: Tensor, _ new: Tensor, _ side: ProjectionSide) -> Tensor {
    side == .right
      ? MatrixProduct.product(c, MatrixProduct.product(old, new, transposeB: true))
      : MatrixProduct.product(MatrixProduct.product(new, old, transposeB: true), c)
  }

  private func inner(_ x: Tensor, _ y: Tensor) -> Double {
    (0..<x.count).reduce(0) { $0 + Double(x.pointer[$1]) * Double(y.pointer[$1]) }
  }

  /// `c ← kept · c + fresh · x`.
  private func average(_ x: Tensor, into c: Tensor, _ kept: Float, _ fresh: Float) {
    ElementWise.scale(c, by: kept)
    ElementWise.kernels.axpy(fresh, x.pointer, c.pointer, c.count)
  }
}
