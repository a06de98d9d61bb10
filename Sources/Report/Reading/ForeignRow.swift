import Support

/// A score that another program measured. Its settings and data are unknown here, so it enters no test and no mean.
struct ForeignRow: Sendable {
  /// The program, e.g. `transformers`.
  let tool: String
  /// The file it came from.
  let source: String
  /// The task as the file names it; empty where the file does not.
  let task: String
  let metric: String
  let value: Double
  let standardError: Double?
  /// What else the file tells, e.g. the number of examples in the prompt.
  let note: String

  /// Whether a file of this name is read as a foreign result: those that transformers' example scripts and the common
  /// evaluation harness write.
  static func isName(_ name: String) -> Bool {
    name == "trainer_state.json" || name == "all_results.json" || name.hasPrefix("results_") && name.hasSuffix(".json")
  }

  /// The rows of a foreign file; `nil` if it has none of the known forms.
  static func rows(_ json: JSON, source: String) -> [ForeignRow]? {
    if let results = json["results"]?.object, json["schema_version"] == nil {
      return harness(results, json, source: source)
    }
    if let history = json["log_history"]?.array { return trainerState(history, json, source: source) }
    return allResults(json, source: source)
  }

  /// The harness's result: `{"results": {TASK: {"acc,none": 0.5, "acc_stderr,none": 0.01}}, "n-shot": {TASK: 0}, …}`.
  private static func harness(_ results: JSONObject, _ json: JSON, source: String) -> [ForeignRow]? {
    var rows: [ForeignRow] = []
    for task in results.members {
      for member in task.value.object?.members ?? [] {
        let parts = member.key.description.split(separator: ",", maxSplits: 1).map(String.init)
        guard let value = member.value.double, value.isFinite, let name = parts.first, !name.hasSuffix("_stderr"),
          parts.count == 2
        else { continue }
        let error = task.value["\(name)_stderr,\(parts[1])"]?.double
        var notes: [String] = []
        if let shots = json["n-shot"]?[task.key.description]?.integer {
          notes.append("\(shots) examples in the prompt")
        }
        if parts[1] != "none" { notes.append("filter \(parts[1])") }
        if let model = json["model_name"]?.string { notes.append("model \(model)") }
        // Written as 6.0 for 6 examples.
        if let limit = json["config"]?["limit"], !limit.isNull {
          let text = limit.summary
          notes.append("limited to \(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)")
        }
        rows.append(
          ForeignRow(
            tool: "lm-evaluation-harness", source: source, task: task.key.description, metric: name, value: value,
            standardError: error.flatMap { $0.isFinite ? $0 : nil }, note: notes.joined(separator: ", ")))
      }
    }
    return rows.isEmpty ? nil : rows
  }

  /// transformers' `trainer_state.json`: the last value of each `eval_…` of its log.
  private static func trainerState(_ history: [JSON], _ json: JSON, source: String) -> [ForeignRow]? {
    var order: [String] = []
    var last: [String: (value: Double, step: Int?)] = [:]
    for entry in history {
      for member in entry.object?.members ?? [] where isScore(member.key.description) {
        guard let value = member.value.double, value.isFinite else { continue }
        if last.updateValue((value, entry["step"]?.integer), forKey: member.key.description) == nil {
          order.append(member.key.description)
        }
      }
    }
    let best = json["best_metric"]?.double.map { ", best \(Format.score($0))" } ?? ""
    let rows = order.compactMap { key in
      last[key].map {
        ForeignRow(
          tool: "transformers", source: source, task: "", metric: String(key.dropFirst(5)), value: $0.value,
          standardError: nil, note: "last evaluation" + ($0.step.map { ", step \($0)" } ?? "") + best)
      }
    }
    return rows.isEmpty ? nil : rows
  }

  /// transformers' `all_results.json`: one flat object.
  private static func allResults(_ json: JSON, source: String) -> [ForeignRow]? {
    let rows = (json.object?.members ?? []).compactMap { member -> ForeignRow? in
      guard isScore(member.key.description), let value = member.value.double, value.isFinite else { return nil }
      return ForeignRow(
        tool: "transformers", source: source, task: "", metric: String(member.key.description.dropFirst(5)),
        value: value,
        standardError: nil, note: json["eval_samples"]?.integer.map { "\($0) examples" } ?? "")
    }
    return rows.isEmpty ? nil : rows
  }

  /// Whether a key of transformers is a score, not a time or a count.
  private static func isScore(_ key: String) -> Bool {
    guard key.hasPrefix("eval_") else { return false }
    return !["runtime", "samples", "samples_per_second", "steps_per_second", "model_preparation_time"].contains(
      String(key.dropFirst(5)))
  }
}
