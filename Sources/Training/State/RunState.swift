import Results
import Support

/// What a run knows between two steps, besides its tensors. With the tensors it is all that the next step depends on:
/// the order of the examples and every random number follow from the seed and the step alone.
struct RunState {
  /// The last step taken; 0 before the first.
  var step = 0
  /// Whether the evaluation that is due after the step has been done. A signal stops a run before it.
  var isEvaluated = true
  /// The best value of the primary metric so far.
  var bestPrimary: Double?
  var hasSaved = false
  /// Evaluations in a row without improvement, for early stopping.
  var withoutImprovement = 0
  var counts = RunCounts()
  /// How much of `train_log.jsonl` belongs to the steps taken.
  var log = TrainLog.Mark(length: 0, sha256: Digest.sha256([]))
  /// Step and scalars of the optimizer; null before the first step.
  var optimizer = JSON.null
  var record: RunRecord

  init(_ record: RunRecord) { self.record = record }

  static let schemaVersion = 1

  var json: JSON {
    .object(
      JSONObject([
        "schema_version": .integer(RunState.schemaVersion), "step": .integer(step), "evaluated": .bool(isEvaluated),
        // JSON has no infinity, which a perplexity may be; so the bits are written, as of the optimizer's scalars.
        "best_primary": bestPrimary.map { .text(String($0.bitPattern)) } ?? .null, "has_saved": .bool(hasSaved),
        "without_improvement": .integer(withoutImprovement), "tokens": .integer(counts.tokens),
        "examples": .integer(counts.examples), "log_bytes": .integer(log.length), "log_sha256": .text(log.sha256),
        "optimizer": optimizer, "record": record.json,
      ]))
  }

  /// Reads `state.json`.
  ///
  /// - Throws: `RecordFault` naming the key that is missing or of the wrong type.
  init(_ json: JSON) throws(RecordFault) {
    func need<Value>(_ key: String, _ value: Value?) throws(RecordFault) -> Value {
      guard let value else { throw RecordFault(key: key) }
      return value
    }
    guard json["schema_version"]?.integer == RunState.schemaVersion else { throw RecordFault(key: "schema_version") }
    record = try RunRecord(need("record", json["record"]))
    step = try need("step", json["step"]?.integer)
    isEvaluated = try need("evaluated", json["evaluated"]?.bool)
    if let best = json["best_primary"], !best.isNull {
      bestPrimary = Double(bitPattern: try need("best_primary", best.string.flatMap(UInt64.init)))
    }
    hasSaved = try need("has_saved", json["has_saved"]?.bool)
    withoutImprovement = try need("without_improvement", json["without_improvement"]?.integer)
    counts.tokens = try need("tokens", json["tokens"]?.integer)
    counts.examples = try need("examples", json["examples"]?.integer)
    log = TrainLog.Mark(
      length: try need("log_bytes", json["log_bytes"]?.integer),
      sha256: try need("log_sha256", json["log_sha256"]?.string))
    optimizer = try need("optimizer", json["optimizer"])
    let numbers = [step, counts.tokens, counts.examples, withoutImprovement, log.length]
    guard numbers.allSatisfy({ (0...Setting.unbounded).contains($0) }) else { throw RecordFault(key: "step") }
    guard step == 0 || optimizer["step"]?.integer == step else { throw RecordFault(key: "optimizer.step") }
  }
}

/// What the steps so far have read, for the throughput.
struct RunCounts {
  var tokens = 0
  var examples = 0
}
