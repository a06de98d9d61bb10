import Tasks

/// How many examples of each label a split has. A score on a split that lacks a label says nothing of it.
struct ClassCoverage {
  /// Numbers of examples, in the order of the task's labels.
  let counts: [Int]
  private let labels: [String]

  /// - Returns: `nil` for a task whose answers are no labels.
  init?(_ examples: [Example], of task: BenchmarkTask) {
    guard task.kind == .classification else { return nil }
    var counts = Array(repeating: 0, count: task.labels.count)
    for case .label(let label)? in examples.lazy.map(\.answer) where counts.indices.contains(label) {
      counts[label] += 1
    }
    (self.counts, labels) = (counts, task.labels)
  }

  private static let listed = 10

  /// What the user should know of the labels of a split; `nil` where nothing is amiss.
  ///
  /// - Parameter train: the training split; `nil` where this is it, or where there is none.
  func note(_ split: Split, train: ClassCoverage?) -> String? {
    let present = counts.indices.filter { counts[$0] > 0 }
    guard let only = present.first else { return nil }
    if present.count == 1 {
      return "\(split.name): every example has the label \(labels[only]); "
        + (split == .train ? "a model learns nothing else from it" : "a score on one label says little")
    }
    let missing = counts.indices.filter { counts[$0] == 0 && train.map { $0.counts }?[$0] ?? 0 > 0 }
    guard !missing.isEmpty else { return nil }
    let more = missing.count - ClassCoverage.listed
    return "\(split.name): no example has the label "
      + missing.prefix(ClassCoverage.listed).map { labels[$0] }.joined(separator: ", ")
      + (more > 0 ? " or \(more) others" : "") + ", which train has; a score on it says nothing of that"
  }
}
