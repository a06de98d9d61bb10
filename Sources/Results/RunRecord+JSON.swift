import Support

/// A `results.json` that this program cannot read: `key` is missing or has the wrong type, or a newer program wrote the
/// file.
package struct RecordFault: Error, Equatable {
  package let key: String
  /// The file's schema version where that is newer than this program; `nil` for any other fault.
  package let newerVersion: Int?

  package init(key: String, newerVersion: Int? = nil) { (self.key, self.newerVersion) = (key, newerVersion) }

  /// What is wrong, to follow the file's name.
  package var message: String {
    newerVersion.map { SchemaVersion.newer($0, than: SchemaVersion.results) }
      ?? "the key \(key) is missing or not as expected"
  }
}

/// Writing and reading `results.json`. Both are in this file, so that their keys are easy to compare.
extension RunRecord {
  /// The schema version that is written; older versions can be read.
  package static let schemaVersion = SchemaVersion.results

  /// The results that two equal runs share byte for byte: status, metrics, history and the hashes of output files.
  package var outcome: JSON {
    .object(
      JSONObject([
        "status": .text(status.rawValue), "reason": reason.map(JSON.text) ?? .null, "collapsed": .bool(collapsed),
        "metrics": metricsJSON, "standard_error": ScoredSplit.json(scored, \.standardErrors),
        "standard_error_method": ScoredSplit.methods(scored), "baseline": ScoredSplit.json(scored, \.baselines),
        "best": bestJSON, "stopped": stoppedJSON, "history": historyJSON,
        "outputs": .object(JSONObject(outputs.map { .init(ByteString($0.name), .text($0.sha256)) })),
      ]))
  }

  /// The values that differ between equal runs: times, memory and machine.
  package var measured: JSON {
    .object(
      JSONObject([
        "throughput": throughputJSON, "memory": memoryJSON, "environment": environment,
        "resumed_after_steps": .array(resumed.map(JSON.integer)),
      ]))
  }

  /// The whole of `results.json`. Members of version 1 stay at the top level for programs that read them there, so some
  /// values are written twice.
  package var json: JSON {
    var root = JSONObject([
      "schema_version": .integer(RunRecord.schemaVersion), "status": .text(status.rawValue),
      "collapsed": .bool(collapsed), "task": task, "model": model, "optimizer": optimizer, "config": config,
      "seed": .number(String(seed)), "data": dataJSON, "metrics": metricsJSON,
    ])
    if let reason { root["reason"] = .text(reason) }
    root["best"] = bestJSON
    root["history"] = historyJSON
    root["throughput"] = throughputJSON
    root["memory"] = memoryJSON
    root["environment"] = environment
    root["command"] = .array(command.map(JSON.text))
    root["outcome"] = outcome
    root["measured"] = measured
    return .object(root)
  }

  /// Reads `results.json`.
  ///
  /// - Throws: ``RecordFault`` naming the key that is missing or of the wrong type.
  package init(_ json: JSON) throws(RecordFault) {
    self.init()
    func fault(_ key: String) -> RecordFault { RecordFault(key: key) }
    guard let version = json["schema_version"]?.integer, version >= 1 else { throw fault("schema_version") }
    guard version <= RunRecord.schemaVersion else {
      throw RecordFault(key: "schema_version", newerVersion: version)
    }
    guard let status = json["status"]?.string.flatMap(RunStatus.init) else { throw fault("status") }
    guard let collapsed = json["collapsed"]?.bool else { throw fault("collapsed") }
    (self.status, self.collapsed, reason) = (status, collapsed, json["reason"]?.string)
    guard let splits = json["metrics"]?.object else { throw fault("metrics") }
    metrics = splits.members.map { ($0.key.description, RunRecord.values($0.value)) }
    if let best = json["best"], !best.isNull {
      guard let epoch = best["epoch"]?.double, let step = best["step"]?.integer, let rule = best["rule"]?.string else {
        throw fault("best")
      }
      self.best = (epoch, step, rule)
    }
    // Records of before early stopping have no such member.
    if let stopped = json["outcome"]?["stopped"], !stopped.isNull {
      guard let step = stopped["step"]?.integer, let reason = stopped["reason"]?.string else { throw fault("stopped") }
      self.stopped = (step, reason)
    }
    guard let entries = json["history"]?.array else { throw fault("history") }
    history = try entries.map { entry throws(RecordFault) in
      guard let epoch = entry["epoch"]?.double, let step = entry["step"]?.integer, let values = entry["metrics"] else {
        throw fault("history")
      }
      return EvaluationRecord(epoch: epoch, step: step, metrics: RunRecord.values(values))
    }
    let methods = (json["outcome"]?["standard_error_method"]?.object?.members ?? []).compactMap { member in
      member.value.string.map { (name: member.key.description, method: $0) }
    }
    let scored = (json["outcome"]?["baseline"]?.object?.members ?? []).map(\.key.description)
    self.scored = metrics.filter { scored.contains($0.split) }.map { split, values in
      func part(_ key: String) -> MetricValues { json["outcome"]?[key]?[split].map(RunRecord.values) ?? [] }
      return ScoredSplit(
        split: split, metrics: values, standardErrors: part("standard_error"), methods: methods,
        baselines: part("baseline"))
    }
    outputs = (json["outcome"]?["outputs"]?.object?.members ?? []).compactMap { member in
      member.value.string.map { (member.key.description, $0) }
    }
    // They are paths in the run's folder, and must not lead out of it.
    guard outputs.allSatisfy({ !$0.name.hasPrefix("/") && !$0.name.split(separator: "/").contains("..") }) else {
      throw fault("outputs")
    }
    guard let speed = json["throughput"], let train = speed["train_seconds"]?.double,
      let evaluation = speed["eval_seconds"]?.double
    else { throw fault("throughput") }
    (throughput.trainSeconds, throughput.evaluationSeconds) = (train, evaluation)
    throughput.tokensPerSecond = speed["tokens_per_second"]?.double
    throughput.examplesPerSecond = speed["examples_per_second"]?.double
    // Records of before runs could be resumed have no such member.
    resumed = (json["measured"]?["resumed_after_steps"]?.array ?? []).compactMap(\.integer)
    guard let bytes = json["memory"]?.object else { throw fault("memory") }
    memory = bytes.members.compactMap { member in member.value.integer.map { (member.key.description, $0) } }
    for (key, path) in [
      ("environment", \RunRecord.environment), ("task", \.task), ("model", \.model), ("optimizer", \.optimizer),
      ("config", \.config),
    ] as [(String, WritableKeyPath<RunRecord, JSON>)] {
      guard let value = json[key] else { throw fault(key) }
      self[keyPath: path] = value
    }
    guard case .number(let text)? = json["seed"], let seed = UInt64(text) else { throw fault("seed") }
    self.seed = seed
    guard let data = json["data"], let source = data["source"]?.string, let parts = data["splits"]?.object else {
      throw fault("data")
    }
    self.source = source
    self.splits = try parts.members.map { member throws(RecordFault) in
      guard let split = Split(member.key.description, member.value) else { throw fault("data.splits.\(member.key)") }
      return split
    }
    command = (json["command"]?.array ?? []).compactMap(\.string)
  }

  /// Metrics as an object, e.g. `{"accuracy": 0.81}`.
  package static func json(_ metrics: MetricValues) -> JSON {
    .object(JSONObject(metrics.map { .init(ByteString($0.name), .real($0.value)) }))
  }

  /// Reads metrics. JSON has no NaN or infinity: they were written as null, and are read as NaN.
  private static func values(_ json: JSON) -> MetricValues {
    (json.object?.members ?? []).map { ($0.key.description, $0.value.double ?? .nan) }
  }

  private var metricsJSON: JSON {
    // A run that ended before its first evaluation has an empty `dev`.
    let splits = metrics.isEmpty ? [(split: "dev", values: [])] : metrics
    return .object(JSONObject(splits.map { .init(ByteString($0.split), RunRecord.json($0.values)) }))
  }

  private var bestJSON: JSON {
    best.map { .object(JSONObject(["epoch": .real($0.epoch), "step": .integer($0.step), "rule": .text($0.rule)])) }
      ?? .null
  }

  private var stoppedJSON: JSON {
    stopped.map { .object(JSONObject(["step": .integer($0.step), "reason": .text($0.reason)])) } ?? .null
  }

  private var historyJSON: JSON {
    .array(
      history.map {
        .object(
          JSONObject(["epoch": .real($0.epoch), "step": .integer($0.step), "metrics": RunRecord.json($0.metrics)]))
      })
  }

  private var throughputJSON: JSON {
    .object(
      JSONObject([
        "tokens_per_second": throughput.tokensPerSecond.map(JSON.real) ?? .null,
        "examples_per_second": throughput.examplesPerSecond.map(JSON.real) ?? .null,
        "train_seconds": .real(throughput.trainSeconds), "eval_seconds": .real(throughput.evaluationSeconds),
      ]))
  }

  private var memoryJSON: JSON {
    .object(JSONObject(memory.map { .init(ByteString($0.name), .integer($0.bytes)) }))
  }

  private var dataJSON: JSON {
    .object(
      JSONObject([
        "source": .text(source), "limited": .bool(splits.contains { $0.examples < $0.available }),
        "splits": .object(JSONObject(splits.map { .init(ByteString($0.name), $0.json) })),
      ]))
  }
}

extension RunRecord.Split {
  fileprivate var json: JSON {
    let files = files.map { JSON.object(JSONObject(["path": .text($0.path), "sha256": .text($0.sha256)])) }
    var object = JSONObject([
      "files": .array(files), "examples": .integer(examples), "available": .integer(available),
      "truncated": .integer(truncated),
    ])
    if let documents { object["documents"] = .integer(documents) }
    if let tokens { object["tokens"] = .integer(tokens) }
    if let skipped { object["skipped"] = .integer(skipped) }
    if let duplicates {
      object["duplicates"] = .object(
        JSONObject(["ids": .integer(duplicates.ids), "inputs": .integer(duplicates.inputs)]))
    }
    if let overlap { object["overlap"] = .integer(overlap) }
    return .object(object)
  }

  fileprivate init?(_ name: String, _ json: JSON) {
    guard let files = json["files"]?.array, let examples = json["examples"]?.integer,
      let available = json["available"]?.integer, let truncated = json["truncated"]?.integer
    else { return nil }
    let duplicates = json["duplicates"].flatMap { json -> Duplicates? in
      guard let ids = json["ids"]?.integer, let inputs = json["inputs"]?.integer else { return nil }
      return Duplicates(ids: ids, inputs: inputs)
    }
    self.init(
      name: name,
      files: files.compactMap { file in
        file["path"]?.string.flatMap { path in file["sha256"]?.string.map { (path, $0) } }
      }, examples: examples, available: available, truncated: truncated, documents: json["documents"]?.integer,
      tokens: json["tokens"]?.integer, skipped: json["skipped"]?.integer, duplicates: duplicates,
      overlap: json["overlap"]?.integer)
  }
}
