import Support
import Tensors

/// What ``SpeedBench`` measured.
package struct SpeedReport: Sendable {
  /// One optimizer step, an evaluation of its examples, and the machine's rates just after.
  package struct Repeat: Sendable {
    package let tokens: Int
    package let stepSeconds: Double
    package let profile: Profile
    /// Floating-point operations a second of our own product, and of the BLAS's `sgemm`.
    package let product: Double
    package let blas: Double
  }

  /// A median and its range.
  package struct Spread: Sendable {
    package let median: Double
    package let least: Double
    package let most: Double

    /// - Returns: `nil` where there are no values.
    package init?(_ values: [Double]) {
      let sorted = values.sorted()
      guard let first = sorted.first, let last = sorted.last else { return nil }
      let middle = sorted.count / 2
      median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
      (least, most) = (first, last)
    }

    var json: JSON {
      .object(JSONObject(["median": .real(median), "min": .real(least), "max": .real(most)]))
    }
  }

  /// What one part of a step took. Rates are in floating-point operations a second, `nil` where there are no products.
  package struct Row: Sendable {
    package let name: String
    package let seconds: Spread
    package let flop: Spread
    package let rate: Spread?
    /// The rate as a share of the rates of our own product and of the BLAS's, each measured in the same repeat.
    package let ofProduct: Spread?
    package let ofBLAS: Spread?
  }

  package let model: String
  /// `nil` for random tokens.
  package let task: String?
  package let settings: RunSettings
  /// The longest sequence, in tokens.
  package let longest: Int
  package let plannedPeakBytes: Int
  package internal(set) var peakBytes = 0
  /// The part of both peaks that the matrices take whose product's rate is measured.
  package internal(set) var ratesBytes = 0
  package internal(set) var repeats: [Repeat] = []

  /// The phases of a step, in their order.
  private static let phases = ["batch", "forward", "backward", "gradient norm", "optimizer"]

  /// A row for each phase of a step, for forward and backward together, for the whole step and for the evaluation.
  package var rows: [Row] {
    let phases = SpeedReport.phases.compactMap { name in
      row(name) { ($0.profile.phase(name).nanoseconds, $0.profile.phase(name).flop) }
    }
    func sum(_ names: [String], _ one: Repeat) -> (nanoseconds: Int, flop: Int) {
      names.map { one.profile.phase($0) }.reduce((0, 0)) { ($0.0 + $1.nanoseconds, $0.1 + $1.flop) }
    }
    let together = [
      row("forward and backward") { sum(["forward", "backward"], $0) },
      row("step") { (Int($0.stepSeconds * 1e9), sum(SpeedReport.phases, $0).flop) },
      row("evaluation") { sum(["evaluation"], $0) },
    ]
    return phases + together.compactMap { $0 }
  }

  private func row(_ name: String, _ read: (Repeat) -> (nanoseconds: Int, flop: Int)) -> Row? {
    let values = repeats.map { (one: $0, read: read($0)) }
    let rates = values.map { Double($0.read.flop) * 1e9 / Double(max(1, $0.read.nanoseconds)) }
    guard let seconds = Spread(values.map { Double($0.read.nanoseconds) / 1e9 }),
      let flop = Spread(values.map { Double($0.read.flop) })
    else { return nil }
    let hasProducts = flop.most > 0
    return Row(
      name: name, seconds: seconds, flop: flop, rate: hasProducts ? Spread(rates) : nil,
      ofProduct: hasProducts ? Spread(zip(rates, values).map { $0 / $1.one.product }) : nil,
      ofBLAS: hasProducts ? Spread(zip(rates, values).map { $0 / $1.one.blas }) : nil)
  }

  /// Tokens a second of training steps, and of evaluation.
  package var tokensPerSecond: Spread? { Spread(repeats.map { Double($0.tokens) / $0.stepSeconds }) }
  package var evaluationTokensPerSecond: Spread? {
    Spread(repeats.map { Double($0.tokens) * 1e9 / Double(max(1, $0.profile.phase("evaluation").nanoseconds)) })
  }
  package var productRate: Spread? { Spread(repeats.map(\.product)) }
  package var blasRate: Spread? { Spread(repeats.map(\.blas)) }

  package var json: JSON {
    func spread(_ spread: Spread?, _ unit: Double = 1) -> JSON {
      spread.map {
        .object(
          JSONObject([
            "median": .real($0.median / unit), "min": .real($0.least / unit), "max": .real($0.most / unit),
          ]))
      } ?? .null
    }
    let phases = rows.map { row in
      JSON.object(
        JSONObject([
          "name": .text(row.name), "seconds": row.seconds.json, "gflop": spread(row.flop, 1e9),
          "gflops": spread(row.rate, 1e9), "of_product": spread(row.ofProduct), "of_sgemm": spread(row.ofBLAS),
        ]))
    }
    return .object(
      JSONObject([
        "model": .text(model), "task": task.map { .text($0) } ?? .null, "optimizer": .text(settings.optimizer),
        "precision": .text(settings.precision.rawValue),
        "weights": .text(settings.weights.rawValue), "recompute": .text(settings.recompute.rawValue),
        "update_in_backward": .bool(settings.updateInBackward), "threads": .integer(settings.threadCount),
        "batch_size": .integer(settings.batchSize), "accumulate": .integer(settings.accumulate),
        "tokens_per_batch": settings.tokensPerBatch.map { .integer($0) } ?? .null, "max_length": .integer(longest),
        "repeats": .integer(repeats.count), "tokens": spread(Spread(repeats.map { Double($0.tokens) })),
        "tokens_per_second": spread(tokensPerSecond),
        "evaluation_tokens_per_second": spread(evaluationTokensPerSecond),
        "product_gflops": spread(productRate, 1e9), "sgemm_gflops": spread(blasRate, 1e9), "phases": .array(phases),
        "peak_rss_bytes": .integer(peakBytes), "planned_peak_bytes": .integer(plannedPeakBytes),
        "measuring_bytes": .integer(ratesBytes), "blas": .text(MatrixProduct.blasName),
      ]))
  }
}
