import Foundation

/// Decides how many columns a factored second moment keeps (AS-RSI, which is S-RSI with a rank that follows the error).
struct RankRule {
  enum Mode: String, CaseIterable {
    /// At every step the rank grows by a fixed amount where the error ratio is above the threshold, and shrinks by it
    /// otherwise (the later version).
    case incremental
    /// Every `interval` steps the rank grows from `k-init` until the error ratio is at most the threshold (the paper).
    case paper
  }

  /// The ranks that a matrix may have.
  struct Limits: Equatable {
    let initial: Int
    let minimum: Int
    let maximum: Int

    /// Clamps a rank from a saved state, which may hold anything.
    func clamped(_ saved: Double?) -> Int {
      guard let saved, saved.isFinite else { return initial }
      return Int(min(Double(maximum), max(Double(minimum), saved)))
    }
  }

  let mode: Mode
  /// The fixed rank; `nil` where `mode` chooses the rank.
  let fixed: Int?
  private let kInit: Int
  private let kMin: Int
  private let kMax: Int
  let threshold: Double
  private let interval: Int

  static let options: [OptionSpecification] = [
    OptionSpecification("rank", .integer(0...(1 << 30)), default: "0", "fixed rank; 0: chosen by rank-rule"),
    OptionSpecification(
      "rank-rule", .choice(Mode.allCases.map(\.rawValue)), default: "incremental",
      "incremental: k-max at first, then up or down a fiftieth of it each step; paper: every rank-interval steps from k-init up"
    ),
    OptionSpecification("k-init", .integer(1...(1 << 30)), default: "1", "rank that the paper's rule starts from"),
    OptionSpecification("k-min", .integer(1...(1 << 30)), default: "1", "smallest rank of the incremental rule"),
    OptionSpecification(
      "k-max", .integer(0...(1 << 30)), default: "0",
      "largest rank; 0: 256, with rank-rule=paper a quarter of the smaller side"),
    OptionSpecification(
      "error-threshold", .number(0...1), default: "0", "error ratio to hold; 0: 1e-3, with rank-rule=paper 1e-2"),
    OptionSpecification(
      "rank-interval", .integer(1...(1 << 30)), default: "10", "steps between the paper's choices of rank"),
  ]

  /// Finds a `k-init` or `k-min` that is above `k-max`.
  static func conflict(_ options: OptimizerOptions) -> (key: String, expected: String)? {
    let most = options.integer("k-max")
    let key = options.text("rank-rule") == Mode.paper.rawValue ? "k-init" : "k-min"
    guard options.integer("rank") == 0, most > 0, options.integer(key) > most else { return nil }
    return (key, "at most k-max, \(most)")
  }

  init(_ options: OptimizerOptions) {
    mode = Mode(rawValue: options.text("rank-rule")) ?? .incremental
    fixed = options.integer("rank") == 0 ? nil : options.integer("rank")
    (kInit, kMin, kMax) = (options.integer("k-init"), options.integer("k-min"), options.integer("k-max"))
    let given = options.number("error-threshold")
    threshold = given > 0 ? given : (mode == .paper ? 1e-2 : 1e-3)
    interval = options.integer("rank-interval")
  }

  /// The ranks that a matrix of shape `[m, n]` may have. `nil` where the factors would take more memory than the
  /// matrix, which means k (m + n) > m n; V is then kept dense.
  func limits(_ shape: [Int]) -> Limits? {
    let (m, n) = (shape[0], shape[1])
    let cap = m * n / (m + n)
    if let fixed {
      return fixed <= cap ? Limits(initial: fixed, minimum: fixed, maximum: fixed) : nil
    }
    guard cap >= 1 else { return nil }
    let most = kMax > 0 ? kMax : (mode == .paper ? max(1, min(m, n) / 4) : 256)
    let maximum = min(most, min(m, n), cap)
    switch mode {
    case .paper: return Limits(initial: min(kInit, maximum), minimum: min(kInit, maximum), maximum: maximum)
    case .incremental: return Limits(initial: maximum, minimum: min(kMin, maximum), maximum: maximum)
    }
  }

  /// Whether the paper's rule chooses a new rank at this step.
  func choosesAnew(_ step: Int) -> Bool { fixed == nil && mode == .paper && (step - 1) % interval == 0 }

  /// The paper's growth f(ξ) = η_f / (1 + exp(ωξ − φ)) + τ, rounded up: 8 columns at ξ = 0.01, and 191 at ξ = 1.
  static func growth(_ errorRatio: Double) -> Int {
    max(1, Int((200 / (1 + exp(-10 * errorRatio + 2.5)) - 9).rounded(.up)))
  }

  /// The rank of the next step by the incremental rule; otherwise the same rank.
  func next(after rank: Int, errorRatio: Double, _ limits: Limits) -> Int {
    guard fixed == nil, mode == .incremental else { return rank }
    let change = Int((0.02 * Double(limits.maximum)).rounded(.up))
    return min(limits.maximum, max(limits.minimum, errorRatio > threshold ? rank + change : rank - change))
  }
}
