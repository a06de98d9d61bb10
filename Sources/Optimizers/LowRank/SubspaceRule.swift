import CKernels
import Support
import Tensors

/// A rule that can run on a projected gradient: it says what to subtract from the weight, and leaves that to its caller.
protocol SubspaceRule {
  /// The rule's own state and step, for parameters that are not projected.
  func stateLayout(for parameter: ParameterShape) -> [StateEntry]
  func update(_ parameter: Parameter, gradient: Tensor, state: ParameterState, decay: Double, context: StepContext)
    throws(OptimizerError)

  /// The rule's state for a projected gradient of this shape.
  func subspaceLayout(_ shape: [Int]) -> [StateEntry]

  /// Replaces the projected gradient, to which the context's gradient scale is still to be applied, by the rule's direction
  /// U, where the step is `W ← (W · before − step · U) · after`.
  ///
  /// - Parameter weight: the whole weight, for rules whose rate follows its size.
  /// - Returns: `before`, `step` and `after`, as the coefficients of ``ProjectedPass/apply(_:direction:gradient:factors:to:)``;
  ///   `nil` when the gradient or a moment is not finite.
  func direction(
    _ projected: Tensor, state: ParameterState, weight: Tensor, decay: Double, context: StepContext
  ) -> ft_adam?
}

extension AdamStep: SubspaceRule {
  func subspaceLayout(_ shape: [Int]) -> [StateEntry] {
    [StateEntry("m", .firstMoment, shape), StateEntry("v", .secondMoment, shape)]
  }

  func direction(
    _ projected: Tensor, state: ParameterState, weight: Tensor, decay: Double, context: StepContext
  ) -> ft_adam? {
    let step = coefficients(context, decay: decay)
    direction(projected, into: projected, state: state, step)
    return step
  }

  /// The direction alone, keeping the projected gradient where the two are apart.
  func direction(_ projected: Tensor, into direction: Tensor, state: ParameterState, _ coefficients: ft_adam) {
    let (m, v, kernels) = (state.require("m"), state.require("v"), OptimizerKernels.best)
    withUnsafePointer(to: coefficients) { c in
      ElementWise.forEachSlice(direction.count) { start, count in
        kernels.adam_direction(
          c, projected.pointer + start, m.pointer + start, v.pointer + start, direction.pointer + start, count)
      }
    }
  }
}

extension AdafactorStep: SubspaceRule {
  func stateLayout(for parameter: ParameterShape) -> [StateEntry] { stateLayout(parameter.shape) }
  func subspaceLayout(_ shape: [Int]) -> [StateEntry] { stateLayout(shape) }

  func direction(
    _ projected: Tensor, state: ParameterState, weight: Tensor, decay: Double, context: StepContext
  ) -> ft_adam? {
    let rate = effectiveRate(weight, context)
    guard direction(over: projected, state: state, rate: rate, context: context) else { return nil }
    var step = ft_adam()
    (step.decay_before, step.step_size, step.decay_after) = (Float(1 - rate * decay), 1, 1)
    return step
  }
}

extension Adam8bitStep: SubspaceRule {
  func subspaceLayout(_ shape: [Int]) -> [StateEntry] { stateLayout(shape) }

  func direction(
    _ projected: Tensor, state: ParameterState, weight: Tensor, decay: Double, context: StepContext
  ) -> ft_adam? {
    var step = adam.coefficients(context, decay: 0)
    // galore-torch decays after the update, unlike the rule on its own.
    step.decay_after = Float(1 - context.learningRate * decay)
    guard Adam8bitStep.quantizes(projected.count) else {
      adam.direction(projected, into: projected, state: state, step)
      return step
    }
    // The fused kernel steps a weight: one of zeros becomes the direction.
    let (direction, fault, size) = (Tensor(zeros: projected.shape), BlockFault(), step.step_size)
    (step.step_size, step.decay_after) = (-1, 1)
    quantized.step(step, gradient: projected, weight: direction, state: state, blocks: nil, fault)
    guard !fault.isRaised else { return nil }
    projected.copyValues(from: direction)
    (step.step_size, step.decay_after) = (size, Float(1 - context.learningRate * decay))
    return step
  }
}
