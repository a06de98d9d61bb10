/// The gradient X that a scaling factor φ(X) = ‖Adam's direction for X‖ / ‖X‖ belongs to.
package enum GradientPart: String, CaseIterable, Sendable {
  /// R, the gradient projected to the low-rank subspace.
  case projected
  /// S = G − back(R), the part of the gradient outside that subspace.
  case residual
  /// G, the whole gradient.
  case full

  /// The comparisons that Fira relies on: it assumes that the factors of the two gradients are alike.
  package static let pairs: [(left: GradientPart, right: GradientPart)] = [
    (.projected, .full), (.projected, .residual), (.full, .residual),
  ]

  /// The name of a pair in JSON, e.g. `projected_full`.
  package static func name(_ pair: (left: GradientPart, right: GradientPart)) -> String {
    pair.left.rawValue + "_" + pair.right.rawValue
  }
}
