import Support
import Tasks

extension RunSettings {
  /// The settings that have an effect under some protocols only.
  private static let protocols: [(key: String, kinds: [ProtocolKind], isUsual: @Sendable (RunSettings) -> Bool)] = [
    ("train_on_prompt", [.likelihood, .generation], { !$0.trainOnPrompt }), ("beams", [.generation], { $0.beams == 1 }),
    ("doc_stride", [.span], { $0.docStride == nil }),
    ("max_answer_length", [.span], { $0.maximumAnswerLength == RunSettings().maximumAnswerLength }),
    ("null_score_diff_threshold", [.span], { $0.nullScoreThreshold == 0 }),
  ]
  /// The settings of these that decide how a model is scored. A saved model keeps those that are not the usual ones.
  static let scoring = ["beams", "doc_stride", "max_answer_length", "null_score_diff_threshold"]

  /// The settings in ``scoring`` that are not the usual ones, with their values.
  var unusualScoring: [(key: String, value: JSON)] {
    Setting.all.compactMap { setting in
      guard RunSettings.scoring.contains(setting.key),
        RunSettings.protocols.first(where: { $0.key == setting.key })?.isUsual(self) == false
      else { return nil }
      return (setting.key, setting.value(self))
    }
  }

  /// Checks that every setting that was given has an effect under a protocol, so that none is accepted and ignored.
  /// The usual value may always be given, as in a file made from the configuration that a run records.
  ///
  /// - Throws: ``TrainingError/badSetting(origin:key:found:expected:)``.
  func checkEffects(of kind: ProtocolKind, allowsNoAnswer: Bool) throws(TrainingError) {
    for (key, kinds, isUsual) in RunSettings.protocols {
      guard let entry = given.first(where: { $0.key == key }), !isUsual(self) else { continue }
      if !kinds.contains(kind) {
        throw .badSetting(
          origin: entry.origin, key: key, found: "\(entry.text) with the protocol \(kind.rawValue)",
          expected: "it only with \(kinds.map(\.rawValue).joined(separator: " or "))")
      }
      if key == "null_score_diff_threshold", !allowsNoAnswer {
        throw .badSetting(
          origin: entry.origin, key: key, found: "\(entry.text) for a task in which every question has an answer",
          expected: "it only where task.yaml says no_answer: true")
      }
    }
  }
}
