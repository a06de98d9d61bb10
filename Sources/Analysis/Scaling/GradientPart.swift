/// Which gradient a scaling factor φ(X) = ‖Adam's direction for X‖ / ‖X‖ is of.
package enum GradientPart: String, CaseIterable, Sendable {
  /// R: what the projection keeps.
  case projected
  /// G − back(R): what it leaves.
  case residual
  /// G.
  case full

  /// The comparisons that Fira rests on.
  package static let pairs: [(left: GradientPart, right: GradientPart)] = [
    (.projected, .full), (.projected, .residual), (.full, .residual),
  ]

  package static func name(_ pair: (left: GradientPart, right: GradientPart)) -> String {
    pair.left.rawValue + "_" + pair.right.rawValue
  }
}
