import Results
import Support

/// The short table that a run prints at its end.
enum ResultTable {
  static func text(_ result: RunRecord, output: String) -> String {
    var lines: [(String, String)] = [("status", result.status.rawValue)]
    let isSample = result.source == "sample"
    for (split, values) in result.metrics {
      let limit = result.config["eval_limit"]?.integer.map { " (first \($0))" } ?? ""
      for metric in values {
        let name = "\(split) \(metric.name)" + (isSample ? " (sample)" : "") + limit
        let scored = result.scored.first { $0.split == split }
        let error = scored?.standardErrors.first { $0.name == metric.name }.map { " ± \(TextTable.fixed($0.value, 4))" }
        let baseline = scored?.baselines.first { $0.name == metric.name }
          .map { ", most frequent answer \(TextTable.fixed($0.value, 4))" }
        lines.append((name, TextTable.fixed(metric.value, 4) + (error ?? "") + (baseline ?? "")))
      }
    }
    if result.collapsed { lines.append(("collapsed", "every dev prediction is the same")) }
    if let best = result.best {
      let isSaved = result.config["save"]?.string != "none"
      lines.append((isSaved ? "model of step" : "metrics of step", "\(best.step) (\(best.rule))"))
    }
    if let stopped = result.stopped { lines.append(("stopped early", "after step \(stopped.step): \(stopped.reason)")) }
    lines.append(("optimizer", result.optimizerName ?? ""))
    let rate = result.learningRate ?? 0
    lines.append(("learning rate", "\(rate) (\(result.optimizer["learning_rate_source"]?.string ?? ""))"))
    let seconds = result.throughput.trainSeconds
    if seconds > 0 {
      lines.append(
        (
          "training",
          "\(TextTable.clock(seconds)), \(TextTable.fixed(result.throughput.tokensPerSecond ?? 0, 0)) tokens/s"
        ))
    }
    for (name, key) in [("optimizer state", "optimizer_state_bytes"), ("peak memory", "peak_rss_bytes")] {
      if let bytes = result.bytes(key) { lines.append((name, TextTable.mebibytes(bytes))) }
    }
    lines.append(("output", output))
    let width = lines.map(\.0.count).max() ?? 0
    return lines.map { $0.0 + String(repeating: " ", count: width + 2 - $0.0.count) + $0.1 }.joined(separator: "\n")
  }
}
