/// The steps after which a run writes the optimizer's second moments, e.g. `second-moments@100,500`.
package struct CaptureSetting: Sendable, Equatable {
  /// Steps from 1, ascending, each once.
  package let steps: [Int]

  static let expected = "second-moments@ and steps of at least 1, e.g. second-moments@100,500"

  /// Parses a text such as `second-moments@100,500`; `nil` for any other form.
  init?(_ text: String) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == "second-moments" else { return nil }
    var steps: [Int] = []
    for part in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
      guard let step = Int(part), step >= 1 else { return nil }
      steps.append(step)
    }
    self.steps = Set(steps).sorted()
  }
}
