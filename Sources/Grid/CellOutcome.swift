import Foundation
import Support

/// What is known of a cell: its status and, once it ended, what `results.json` says.
public struct CellOutcome: Sendable, Equatable {
  public enum Status: String, Sendable {
    case pending
    case completed
    case diverged
    case failed

    /// Nothing is gained by running it again.
    var isFinal: Bool { self == .completed || self == .diverged }
  }

  public var status = Status.pending
  public var reason: String?
  /// The rate used, also where a preset chose it.
  public var learningRate: Double?
  public var primaryMetric: String?
  /// Dev metrics of the model saved, by name.
  public var metrics: [(name: String, value: Double)] = []
  public var collapsed = false
  public var source: String?
  public var trainSeconds: Double?
  public var tokensPerSecond: Double?
  public var stateBytes: Int?
  public var peakBytes: Int?

  public init() {}

  /// The outcome in `folder`; pending where there is none, or one that a kill or a fault left unfinished.
  init(folder: String) {
    guard let bytes = try? Files.read(folder + "/results.json", limit: 1 << 26), let json = try? JSON.parse(bytes)
    else {
      return
    }
    status = Status(rawValue: json["status"]?.string ?? "") ?? .pending
    reason = json["reason"]?.string
    learningRate = json["optimizer"]?["learning_rate"]?.double
    primaryMetric = json["task"]?["primary_metric"]?.string
    metrics = (json["metrics"]?["dev"]?.object?.members ?? []).compactMap { member in
      member.value.double.map { (member.key.description, $0) }
    }
    collapsed = json["collapsed"]?.bool ?? false
    source = json["data"]?["source"]?.string
    trainSeconds = json["throughput"]?["train_seconds"]?.double
    tokensPerSecond = json["throughput"]?["tokens_per_second"]?.double
    stateBytes = json["memory"]?["optimizer_state_bytes"]?.integer
    peakBytes = json["memory"]?["peak_rss_bytes"]?.integer
  }

  /// Value of the task's primary metric.
  public var primary: Double? { metrics.first { $0.name == primaryMetric }?.value }

  public static func == (left: CellOutcome, right: CellOutcome) -> Bool { left.json == right.json }

  var json: JSON {
    var object = JSONObject(["status": .text(status.rawValue)])
    object["reason"] = reason.map(JSON.text) ?? .null
    object["learning_rate"] = learningRate.map(JSON.real) ?? .null
    object["primary_metric"] = primaryMetric.map(JSON.text) ?? .null
    object["metrics"] = .object(JSONObject(metrics.map { .init(ByteString($0.name), .real($0.value)) }))
    object["collapsed"] = .bool(collapsed)
    object["source"] = source.map(JSON.text) ?? .null
    object["train_seconds"] = trainSeconds.map(JSON.real) ?? .null
    object["tokens_per_second"] = tokensPerSecond.map(JSON.real) ?? .null
    object["optimizer_state_bytes"] = stateBytes.map(JSON.integer) ?? .null
    object["peak_rss_bytes"] = peakBytes.map(JSON.integer) ?? .null
    return .object(object)
  }
}
