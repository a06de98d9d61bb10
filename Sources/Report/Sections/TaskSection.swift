/// Everything about one task.
struct TaskSection {
  let task: TaskReport
  let title: String
  let id: String
  let looks: [String: Int]
  let comparison: Comparison

  init(task: TaskReport, title: String, id: String, looks: [String: Int]) {
    (self.task, self.title, self.id, self.looks) = (task, title, id, looks)
    comparison = Comparison(task)
  }

  var main: MainTable { MainTable(task: task, comparison: comparison, id: id + "-main") }

  var blocks: [Block] {
    var blocks: [Block] = [.heading(2, title, id: id)] + main.blocks
    let sensitivity = Sensitivity(task: task, title: title, id: id + "-rates", looks: looks)
    blocks += [.heading(3, "Learning rate", id: id + "-h-rates"), .figure(sensitivity.plot)]
    if !sensitivity.windows.isEmpty { blocks.append(.list(sensitivity.windows)) }
    blocks.append(.details("Table of rates", [.table(sensitivity.table)]))
    blocks += [.heading(3, "Who beats whom", id: id + "-h-pairs")]
    blocks += Pairwise(task: task, comparison: comparison, id: id).blocks
    blocks += [.heading(3, "What a score costs", id: id + "-h-costs")]
    blocks += TradeOff(task: task, title: title, id: id, looks: looks).blocks
    blocks += [.heading(3, "Tuning", id: id + "-h-tuning")]
    blocks += TuningCurve(task: task, title: title, id: id, looks: looks).blocks
    blocks += [.heading(3, "Training", id: id + "-h-training")]
    return blocks + Curves(task: task, title: title, id: id, looks: looks).blocks
  }
}
