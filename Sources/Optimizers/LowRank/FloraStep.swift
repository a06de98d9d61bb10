import CKernels
import Support
import Tensors

/// Flora's step: Adafactor's second moment and rate, with a momentum that is kept under a random projection.
///
///     u = F(r,c) ⊙ G;  D = (1−β1) u + β1 up(C);  at every kappa-th step C ← down'(up(C)), A ← A'
///     C ← β1 C + (1−β1) down(u);  W ← W − ηλW − η D / max(1, RMS(D))
///
/// Neither u nor up(C) is formed: F scales the rows and columns of thin matrices, and RMS(D) follows from products of them.
struct FloraStep {
  let adafactor: AdafactorStep
  let projection: RandomProjection

  private var beta1: Double { adafactor.beta1 }

  private func compresses(_ shape: [Int]) -> Bool { beta1 > 0 && projection.applies(to: shape) }

  func stateLayout(for parameter: ParameterShape) -> [StateEntry] {
    guard compresses(parameter.shape) else { return adafactor.stateLayout(parameter.shape) }
    return [StateEntry("m", .firstMoment, projection.compressedShape(parameter.shape))]
      + adafactor.moment.stateLayout(parameter.shape)
  }

  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)
  {
    let touched = parameter.touchedRows?.ascending
    let rate = adafactor.effectiveRate(parameter.value, context)
    guard let root = adafactor.root(state, gradient: gradient, rows: touched, context) else {
      throw context.diverged(parameter, "the gradient")
    }
    let isFinite =
      compresses(parameter.shape)
      ? compressed(parameter, gradient, root, state, rate, decay, context)
      : whole(parameter, gradient, root, state, rate, decay)
    guard isFinite else { throw context.diverged(parameter, "the new weight") }
  }

  /// With a momentum of the parameter's own shape, or none: D is the new momentum, or u.
  private func whole(
    _ parameter: Parameter, _ gradient: Tensor, _ root: InverseRoot, _ state: ParameterState, _ rate: Double,
    _ decay: Double
  ) -> Bool {
    let touched = parameter.touchedRows?.ascending
    let shrink = Float(rate * decay)
    guard beta1 > 0 else {
      root.clip(gradient, threshold: 1, rows: touched)
      root.scale(by: rate)
      return root.step(gradient, weight: parameter.value, decay: shrink, rows: decay == 0 ? touched : nil)
    }
    let (m, active) = (state.require("m"), state.rowsToUpdate(for: parameter))
    root.average(gradient, into: m, beta: beta1, rows: active)
    // From here the momentum stands where the gradient stood, and one factor where F did.
    let update = InverseRoot(rows: root.rows.count, columns: root.columns.count)
    update.rows.fill(1)
    update.columns.fill(1)
    update.clip(m, threshold: 1, rows: active)
    update.scale(by: rate)
    return update.step(m, weight: parameter.value, decay: shrink, rows: decay == 0 ? active : nil)
  }

  private func compressed(
    _ parameter: Parameter, _ gradient: Tensor, _ root: InverseRoot, _ state: ParameterState, _ rate: Double,
    _ decay: Double, _ context: StepContext
  ) -> Bool {
    let (c, side) = (state.require("m"), ProjectionSide.standard(parameter.shape))
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
    (step.decay_before, step.decay_after) = (Float(1 - rate * decay), 1)
    step.step_size = Float(rate / max(1, rms))
    let (along, across) = side == .right ? (root.rows, root.columns) : (root.columns, root.rows)
    return ProjectedPass(basis: old, side: side, shape: parameter.shape)
      .apply(step, direction: direction, plus: (gradient, along, across), to: parameter.value)
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

  /// down with `new` of up with `old`: only a product of rank × rank matters.
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
