import Support

/// How a run ended.
package enum RunStatus: String, Sendable {
  case completed
  case interrupted
  case diverged
  case failed
}

/// Metrics by name, in the task's order.
package typealias MetricValues = [(name: String, value: Double)]

/// One evaluation during training.
package struct EvaluationRecord: Sendable {
  package let epoch: Double
  package let step: Int
  package let metrics: MetricValues

  package init(epoch: Double, step: Int, metrics: MetricValues) {
    (self.epoch, self.step, self.metrics) = (epoch, step, metrics)
  }
}

/// Everything `results.json` says of a run (schema version 1): snake case, fractions from 0 to 1, seconds, bytes.
package struct RunResult: Sendable {
  package struct Split: Sendable {
    package var name: String
    package var files: [(path: String, sha256: String)]
    package var examples: Int
    package var available: Int
    package var truncated: Int
    /// Of a text for pretraining.
    package var documents: Int?
    package var tokens: Int?

    package init(
      name: String, files: [(path: String, sha256: String)], examples: Int, available: Int, truncated: Int,
      documents: Int? = nil, tokens: Int? = nil
    ) {
      (self.name, self.files, self.examples) = (name, files, examples)
      (self.available, self.truncated) = (available, truncated)
      (self.documents, self.tokens) = (documents, tokens)
    }
  }

  package struct Throughput: Sendable {
    package var tokens = 0
    package var examples = 0
    package var trainSeconds = 0.0
    package var evaluationSeconds = 0.0

    package init() {}
  }

  package var status: RunStatus = .failed
  /// What ended a run that did not complete.
  package var reason: String?
  /// Every prediction on the dev split is one class.
  package var collapsed = false
  package var task: JSON = .null
  package var model: JSON = .null
  package var optimizer: JSON = .null
  package var config: JSON = .null
  package var seed: UInt64 = 0
  package var source = "files"
  package var splits: [Split] = []
  package var devMetrics: MetricValues = []
  /// Of the last model, where a run measures it.
  package var trainMetrics: MetricValues = []
  package var best: (epoch: Double, step: Int, rule: String)?
  package var history: [EvaluationRecord] = []
  package var throughput = Throughput()
  /// Bytes by name, e.g. `parameters_bytes`.
  package var memory: [(name: String, bytes: Int)] = []
  package var environment: JSON = .null
  package var command: [String] = []

  package init() {}

  package var json: JSON {
    var root = JSONObject([
      "schema_version": .integer(1), "status": .text(status.rawValue), "collapsed": .bool(collapsed), "task": task,
      "model": model, "optimizer": optimizer, "config": config, "seed": .number(String(seed)),
      "data": data, "metrics": metrics,
    ])
    if let reason { root["reason"] = .text(reason) }
    root["best"] =
      best.map {
        .object(JSONObject(["epoch": .real($0.epoch), "step": .integer($0.step), "rule": .text($0.rule)]))
      } ?? .null
    root["history"] = .array(
      history.map {
        .object(
          JSONObject([
            "epoch": .real($0.epoch), "step": .integer($0.step), "metrics": RunResult.json($0.metrics),
          ]))
      })
    root["throughput"] = .object(
      JSONObject([
        "tokens_per_second": rate(throughput.tokens), "examples_per_second": rate(throughput.examples),
        "train_seconds": .real(throughput.trainSeconds), "eval_seconds": .real(throughput.evaluationSeconds),
      ]))
    root["memory"] = .object(JSONObject(memory.map { .init(ByteString($0.name), .integer($0.bytes)) }))
    root["environment"] = environment
    root["command"] = .array(command.map(JSON.text))
    return .object(root)
  }

  private func rate(_ count: Int) -> JSON {
    throughput.trainSeconds > 0 ? .real(Double(count) / throughput.trainSeconds) : .null
  }

  private var metrics: JSON {
    var object = JSONObject(["dev": RunResult.json(devMetrics)])
    if !trainMetrics.isEmpty { object["train"] = RunResult.json(trainMetrics) }
    return .object(object)
  }

  private var data: JSON {
    let members = splits.map { split in
      let files = split.files.map { JSON.object(JSONObject(["path": .text($0.path), "sha256": .text($0.sha256)])) }
      var object = JSONObject([
        "files": .array(files), "examples": .integer(split.examples), "available": .integer(split.available),
        "truncated": .integer(split.truncated),
      ])
      if let documents = split.documents { object["documents"] = .integer(documents) }
      if let tokens = split.tokens { object["tokens"] = .integer(tokens) }
      return JSONObject.Member(ByteString(split.name), .object(object))
    }
    return .object(
      JSONObject([
        "source": .text(source), "limited": .bool(splits.contains { $0.examples < $0.available }),
        "splits": .object(JSONObject(members)),
      ]))
  }

  package static func json(_ metrics: MetricValues) -> JSON {
    .object(JSONObject(metrics.map { .init(ByteString($0.name), .real($0.value)) }))
  }
}
