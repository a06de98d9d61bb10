/// The map between a task's labels and the outputs of a model's head.
///
/// Labels are matched by name, because a head may have been trained with the labels in another order.
struct LabelMap: Sendable, Equatable {
  /// Label names in the task's order.
  let labels: [String]
  /// The row of the output layer for each label.
  private let outputs: [Int]

  /// The map of a new head, whose outputs are in the task's order.
  init(_ labels: [String]) { self.init(labels, outputs: Array(labels.indices)) }

  /// The map onto a checkpoint's head, or `nil` where its labels are not the task's. A head without names or
  /// with generic names such as `LABEL_0` or `0` is taken to have the task's order. Where names differ in case only,
  /// they are matched without it, as transformers' `run_glue.py` does.
  init?(_ labels: [String], onto head: CheckpointHead) {
    guard head.outputs == labels.count else { return nil }
    let generic = labels.indices.map { "LABEL_\($0)" }
    guard let found = head.labels, found != generic, found != labels.indices.map(String.init) else {
      self.init(labels)
      return
    }
    guard found.count == labels.count,
      let outputs = LabelMap.positions(labels, among: found)
        ?? LabelMap.positions(labels.map { $0.lowercased() }, among: found.map { $0.lowercased() })
    else { return nil }
    self.init(labels, outputs: outputs)
  }

  private init(_ labels: [String], outputs: [Int]) { (self.labels, self.outputs) = (labels, outputs) }

  /// The position of each label; `nil` where one is missing or two have the same.
  private static func positions(_ labels: [String], among found: [String]) -> [Int]? {
    let positions = labels.compactMap { found.firstIndex(of: $0) }
    return Set(positions).count == labels.count ? positions : nil
  }

  func output(of label: Int) -> Int { outputs[label] }

  /// The logits of one example, reordered from the order of the outputs to that of the labels.
  func logits(_ row: UnsafePointer<Float>) -> [Float] { outputs.map { row[$0] } }

  /// The labels in the order of the outputs, as `id2label` names them.
  var namesOfOutputs: [String] {
    var names = labels
    for (label, output) in outputs.enumerated() { names[output] = labels[label] }
    return names
  }
}
