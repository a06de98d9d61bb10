import Support
import Tasks

extension RunSettings {
  /// The settings that have an effect under some protocols only.
  private static let protocols: [(key: String, kinds: [ProtocolKind])] = [
    ("train_on_prompt", [.likelihood, .generation]), ("beams", [.generation]), ("doc_stride", [.span]),
    ("max_answer_length", [.span]), ("null_score_diff_threshold", [.span]),
  ]

  /// Checks that every setting that was given has an effect under a protocol, so that none is accepted and ignored.
  ///
  /// - Throws: ``TrainingError/badSetting(origin:key:found:expected:)``.
  func checkEffects(of kind: ProtocolKind, allowsNoAnswer: Bool) throws(TrainingError) {
    for (key, kinds) in RunSettings.protocols {
      guard let entry = given.first(where: { $0.key == key }) else { continue }
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
