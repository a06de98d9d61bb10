/// Which output of a model's head is which label of a task.
///
/// Labels are matched by name: a head that was trained with another order of labels must not have its classes swapped.
struct LabelMap: Sendable, Equatable {
  /// In the task's order.
  let labels: [String]
  /// For each label, its row of the output layer.
  private let outputs: [Int]

  /// A new head has the task's order.
  init(_ labels: [String]) { self.init(labels, outputs: Array(labels.indices)) }

  /// The map onto a checkpoint's head, or `nil` where its labels are not the task's. Names that say nothing, such as
  /// `LABEL_0`, and no names at all, stand for the task's order.
  init?(_ labels: [String], onto head: CheckpointHead) {
    guard head.outputs == labels.count else { return nil }
    let generic = labels.indices.map { "LABEL_\($0)" }
    guard let found = head.labels, found != generic, found != labels.indices.map(String.init) else {
      self.init(labels)
      return
    }
    let outputs = labels.compactMap { found.firstIndex(of: $0) }
    guard outputs.count == labels.count, found.count == labels.count else { return nil }
    self.init(labels, outputs: outputs)
  }

  private init(_ labels: [String], outputs: [Int]) { (self.labels, self.outputs) = (labels, outputs) }

  func output(of label: Int) -> Int { outputs[label] }

  /// The logits of a row of the output, in the order of the labels.
  func logits(_ row: UnsafePointer<Float>) -> [Float] { outputs.map { row[$0] } }

  /// The labels in the order of the outputs, as `id2label` names them.
  var namesOfOutputs: [String] {
    var names = labels
    for (label, output) in outputs.enumerated() { names[output] = labels[label] }
    return names
  }
}
