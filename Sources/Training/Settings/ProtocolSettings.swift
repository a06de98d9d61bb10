import Support
import Tasks

extension RunSettings {
  /// The settings that have an effect under some protocols only.
  private static let protocols: [(key: String, kinds: [ProtocolKind])] = [
    ("train_on_prompt", [.likelihood, .generation]), ("beams", [.generation]), ("doc_stride", [.span]),
    ("max_answer_length", [.span]), ("null_score_diff_threshold", [.span]),
  ]
  /// Those of these settings that decide how a model is scored. A saved model keeps those that are not the usual ones.
  static let scoring = Setting.all(of: .evaluate).filter { setting in protocols.contains { $0.key == setting.key } }

  /// The settings in ``scoring`` that are not the usual ones, with their values.
  var unusualScoring: [(key: String, value: JSON)] {
    RunSettings.scoring.filter { !isUsual($0) }.map { ($0.key, $0.value(self)) }
  }

  private func isUsual(_ setting: Setting) -> Bool { setting.value(self) == setting.value(RunSettings()) }

  /// Checks that every setting that was given has an effect under a protocol, so that none is accepted and ignored.
  /// The usual value may always be given, as in a file made from the configuration that a run records.
  ///
  /// - Throws: ``TrainingError/badSetting(origin:key:found:expected:)``.
  func checkEffects(of kind: ProtocolKind, allowsNoAnswer: Bool) throws(TrainingError) {
    for (key, kinds) in RunSettings.protocols {
      guard let entry = given.first(where: { $0.key == key }),
        let setting = Setting.all.first(where: { $0.key == key }), !isUsual(setting)
      else { continue }
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
