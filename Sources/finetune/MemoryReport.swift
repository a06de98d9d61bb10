import Memory
import Optimizers
import Support

/// What `memory` prints about one optimizer.
struct MemoryReport {
  let optimizer: String
  let model: String
  let plan: StepPlan
  /// Resident bytes of the program without a model, from `ProgramMemory.residentBytes()`.
  let baseline: Int
  let batchSize: Int
  /// The sequences of the batch that pass forward and backward at a time.
  let atATime: Int
  let maximumLength: Int

  private var expectedPeak: Int { baseline + plan.residentBytes }

  var json: JSON {
    let memory = plan.memory
    func state(_ bytes: [StateKind: Int]) -> JSON {
      let members = StateKind.allCases.map {
        JSONObject.Member(ByteString($0.rawValue), .integer(bytes[$0, default: 0]))
      }
      return .object(JSONObject(members + [.init("total", .integer(bytes.values.reduce(0, +)))]))
    }
    return .object(
      JSONObject([
        "model": .text(model), "optimizer": .text(optimizer), "batch_size": .integer(batchSize),
        "sequences_at_a_time": .integer(atATime),
        "max_length": .integer(maximumLength), "parameters_bytes": .integer(memory.parametersBytes),
        "gradients_bytes": .integer(memory.gradientsBytes), "optimizer_state": state(memory.largestOptimizerState),
        "initial_optimizer_state": state(memory.optimizerState),
        "activations_bytes": .integer(plan.pass.activationsBytes),
        "total_bytes": .integer(plan.totalBytes), "program_bytes": .integer(baseline),
        "expected_peak_bytes": .integer(expectedPeak),
      ]))
  }

  var table: String {
    let memory = plan.memory
    var rows: [(String, Int)] = [("parameters", memory.parametersBytes), ("gradients", memory.gradientsBytes)]
    for kind in StateKind.allCases {
      guard let bytes = memory.largestOptimizerState[kind] else { continue }
      rows.append(("  " + MemoryReport.name(kind), bytes))
    }
    rows.insert(("optimizer state", memory.largestOptimizerStateBytes), at: 2)
    rows += [
      ("activations", plan.pass.activationsBytes), ("total", plan.totalBytes), ("the program itself", baseline),
      ("expected peak", expectedPeak),
    ]
    return
      "\(model), \(optimizer), \(sequences)\n"
      + TextTable.text(header: ["", "MiB"], rows: rows.map { [$0.0, MemoryReport.mebibytes($0.1)] })
  }

  static func comparison(_ reports: [MemoryReport]) -> String {
    guard let first = reports.first else { return "" }
    let memory = first.plan.memory
    let header =
      ["MiB"] + StateKind.allCases.map(name) + ["state", "total", "expected peak"]
    let rows = reports.map { report in
      let state = report.plan.memory.largestOptimizerState
      let kinds = StateKind.allCases.map { state[$0].map(mebibytes) ?? "-" }
      return [report.optimizer] + kinds
        + [report.plan.memory.largestOptimizerStateBytes, report.plan.totalBytes, report.expectedPeak].map(mebibytes)
    }
    return """
      \(first.model), \(first.sequences): parameters \
      \(mebibytes(memory.parametersBytes)), gradients \(mebibytes(memory.gradientsBytes)), activations \
      \(mebibytes(first.plan.pass.activationsBytes)) MiB
      \(TextTable.text(header: header, rows: rows))
      """
  }

  private var sequences: String {
    "\(batchSize) sequences of \(maximumLength) tokens" + (atATime < batchSize ? ", \(atATime) at a time" : "")
  }

  private static func name(_ kind: StateKind) -> String { kind.rawValue.split(separator: "_").joined(separator: " ") }
  private static func mebibytes(_ bytes: Int) -> String { TextTable.fixed(Mebibytes.of(bytes), 2) }
}
