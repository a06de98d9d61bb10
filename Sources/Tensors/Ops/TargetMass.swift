/// How much each example and each class counts in a cross-entropy, as the arguments `label_smoothing` and `weight` of
/// `torch.nn.CrossEntropyLoss`.
///
/// With smoothing ε, C classes and class weights w, the loss of an example of class y is
/// `(1 − ε) · w_y · −log p_y + ε/C · Σ_c w_c · −log p_c`, and the mean over examples divides by the sum of their `w_y`.
package struct TargetMass: Sendable, Equatable {
  /// Every example counts 1, and all of it is on its class.
  package static let plain = TargetMass()

  /// The share ε of the target that is spread evenly over all classes, from 0 to 1.
  package let smoothing: Double
  /// One weight for each class; `nil` when every class weighs 1.
  package let classWeights: [Float]?

  package init(smoothing: Double = 0, classWeights: [Float]? = nil) {
    precondition((0...1).contains(smoothing))
    (self.smoothing, self.classWeights) = (smoothing, classWeights)
  }

  /// The weight of an example of this class; 0 for an example that is left out.
  package func weight(of label: Int) -> Double {
    label < 0 ? 0 : classWeights.map { Double($0[label]) } ?? 1
  }

  /// The part of the target that does not depend on the label, for this number of classes.
  func rest(classes: Int) -> (each: [Float], sum: Double) {
    precondition(classWeights.map { $0.count == classes } ?? true)
    guard smoothing > 0 else { return (Array(repeating: 0, count: classes), 0) }
    let share = smoothing / Double(classes)
    guard let classWeights else { return (Array(repeating: Float(share), count: classes), smoothing) }
    let each = classWeights.map { share * Double($0) }
    return (each.map { Float($0) }, each.reduce(0, +))
  }

  /// The part of the target that is on the label alone.
  func own(of label: Int) -> Float { Float((1 - smoothing) * weight(of: label)) }
}
