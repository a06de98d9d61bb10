import Models
import Support
import Tensors

/// The loss that the settings ask for: smoothed targets and weighted classes.
package struct LossSettings: Sendable {
  package let mass: TargetMass
  /// The weights by label, for the user and the record; empty where no class is weighted.
  package let classWeights: [(label: String, weight: Double)]

  /// - Parameters:
  ///   - classes: the names of the head's classes in the order of its outputs; `nil` where it has none.
  ///   - examples: the targets of all training examples.
  /// - Throws: ``TrainingError/badSetting(origin:key:found:expected:)`` for a setting that has no meaning for this head.
  package init(_ settings: RunSettings, head: HeadKind, classes: [String]?, examples: () -> HeadTargets)
    throws(TrainingError)
  {
    func refuse(_ key: String, _ found: String, _ expected: String) -> TrainingError {
      let origin = settings.given.first { $0.key == key }?.origin ?? Setting.flag(key)
      return .badSetting(origin: origin, key: key, found: "\(found) for a task that has none", expected: expected)
    }
    switch head {
    case .classification, .multipleChoice, .languageModel, .maskedLanguageModel: break
    case .regression, .spanExtraction:
      guard settings.labelSmoothing == 0 else {
        throw refuse(
          "label_smoothing", "smoothing of classes, choices or tokens", "0 for \(head.name)")
      }
    }
    guard let asked = settings.classWeights else {
      (mass, classWeights) = (TargetMass(smoothing: settings.labelSmoothing), [])
      return
    }
    guard case .classification = head, let classes, case .classes(let targets) = examples() else {
      throw refuse("class_weights", "weights of classes", "no class weights for \(head.name)")
    }
    let origin = settings.given.first { $0.key == "class_weights" }?.origin ?? "--class-weights"
    let weights = try asked.weights(of: classes, examples: targets, origin: origin)
    mass = TargetMass(smoothing: settings.labelSmoothing, classWeights: weights.map { Float($0) })
    classWeights = zip(classes, weights).map { ($0, $1) }
  }

  /// The weights as a note to the user; `nil` where no class is weighted.
  var note: String? {
    guard !classWeights.isEmpty else { return nil }
    return "class weights: " + classWeights.map { "\($0.label) \($0.weight)" }.joined(separator: ", ")
  }

  /// The weights for the record; `nil` where no class is weighted.
  var json: JSON? {
    guard !classWeights.isEmpty else { return nil }
    return .object(JSONObject(classWeights.map { .init(ByteString($0.label), .real($0.weight)) }))
  }
}
