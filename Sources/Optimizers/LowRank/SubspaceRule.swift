import CKernels
import Support
import Tensors

/// A rule that can run on a projected gradient: it says what to subtract from the weight, and leaves that to its caller.
protocol SubspaceRule {
  /// The rule's state for a gradient of this shape.
  func subspaceLayout(_ shape: [Int]) -> [StateEntry]

  /// Replaces the projected gradient, to which the context's gradient scale is still to be applied, by the rule's direction U, where the step is `W ← (W · before − step · U) · after`.
  ///
  /// - Parameter weight: the whole weight, for rules whose rate follows its size.
  /// - Returns: `before`, `step` and `after`, as the coefficients of ``ProjectedPass/apply(_:direction:gradient:factors:to:)``.
  func direction(
    _ projected: Tensor, state: ParameterState, weight: Tensor, decay: Double, context: StepContext
  ) -> ft_adam
}

extension AdamStep: SubspaceRule {
  func subspaceLayout(_ shape: [Int]) -> [StateEntry] {
    [StateEntry("m", .firstMoment, shape), StateEntry("v", .secondMoment, shape)]
  }

  func direction(
    _ projected: Tensor, state: ParameterState, weight: Tensor, decay: Double, context: StepContext
  ) -> ft_adam {
    direction(projected, into: projected, state: state, coefficients(context, decay: decay))
  }

  /// As above, keeping the projected gradient.
  func direction(
    _ projected: Tensor, into direction: Tensor, state: ParameterState, _ coefficients: ft_adam
  ) -> ft_adam {
    var c = coefficients
    let (m, v) = (state.require("m"), state.require("v"))
    let kernels = ft_optimizer_kernels_best().pointee
    ElementWise.forEachSlice(direction.count) { start, count in
      withUnsafePointer(to: &c) {
        kernels.adam_direction(
          $0, projected.pointer + start, m.pointer + start, v.pointer + start, direction.pointer + start, count)
      }
    }
    return c
  }
}
