import CKernels
import Tensors

/// A rule that can run on a projected gradient. It returns the direction in the subspace, and its caller updates the
/// weight.
protocol SubspaceRule: OptimizerRule {
  /// The rule's state for a projected gradient of this shape.
  func subspaceLayout(_ shape: [Int]) -> [StateEntry]

  /// Replaces the projected gradient by the rule's direction U. The step is then `W ← (W · before − step · U) · after`.
  ///
  /// The projected gradient has not been multiplied by the context's gradient scale yet; the rule does that.
  ///
  /// - Returns: `before`, `step` and `after`, as the coefficients of ``ProjectedPass/apply(_:direction:plus:to:)``;
  ///   `nil` when the gradient or a moment is not finite.
  func direction(over projected: Tensor, _ update: ParameterUpdate) -> ft_adam?
}
