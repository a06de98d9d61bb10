import CKernels
import Tensors

/// A rule that can run on a projected gradient: it says what to subtract from the weight, and leaves that to its
/// caller.
protocol SubspaceRule: OptimizerRule {
  /// The rule's state for a projected gradient of this shape.
  func subspaceLayout(_ shape: [Int]) -> [StateEntry]

  /// Replaces the projection of the update's gradient, to which the context's gradient scale is still to be applied, by
  /// the rule's direction U, where the step is `W ← (W · before − step · U) · after`.
  ///
  /// - Returns: `before`, `step` and `after`, as the coefficients of ``ProjectedPass/apply(_:direction:plus:to:)``;
  ///   `nil` when the gradient or a moment is not finite.
  func direction(over projected: Tensor, _ update: ParameterUpdate) -> ft_adam?
}
