import Foundation

/// The learning rate over a run, as a scheduler from `get_scheduler` of transformers computes it.
package struct Schedule: Sendable, Equatable {
  /// The course of the rate after the warm-up.
  package enum Shape: String, CaseIterable, Sendable {
    case linear
    case cosine
    case constant
    case polynomial
    case inverseSqrt = "inverse-sqrt"
    case cosineWithRestarts = "cosine-with-restarts"
    /// Warm-up, a stable part at the peak, and a decay along half a cosine (`warmup_stable_decay` of transformers).
    case wsd

    /// The shape with our name or with that of transformers, e.g. `inverse_sqrt` or `constant_with_warmup`.
    package init?(name: String) {
      switch name.replacing("_", with: "-") {
      case "constant-with-warmup": self = .constant
      case "warmup-stable-decay": self = .wsd
      case let name: self.init(rawValue: name)
      }
    }
  }

  /// The rate at which a polynomial decay ends, transformers' default of `lr_end`.
  package static let polynomialEnd = 1e-7
  /// The `timescale` of an inverse square root without warm-up, transformers' default.
  private static let timescaleWithoutWarmup = 10_000

  package let shape: Shape
  /// Learning rate at the end of the warm-up.
  package let peak: Double
  /// Number of warm-up steps, which are part of ``totalSteps``.
  package let warmupSteps: Int
  package let totalSteps: Int
  /// The exponent of ``Shape/polynomial``.
  package let power: Double
  /// The number of times that ``Shape/cosineWithRestarts`` starts from the peak.
  package let cycles: Int
  /// The number of steps at the end in which the rate of ``Shape/wsd`` falls. Together with the warm-up, they are at
  /// most ``totalSteps``.
  package let decaySteps: Int

  package init(
    shape: Shape, peak: Double, warmupSteps: Int, totalSteps: Int, power: Double = 1, cycles: Int = 1,
    decaySteps: Int = 0
  ) {
    (self.shape, self.peak, self.warmupSteps, self.totalSteps) = (shape, peak, warmupSteps, totalSteps)
    (self.power, self.cycles, self.decaySteps) = (power, cycles, decaySteps)
  }

  /// The rate of step `step`, from 1. The first step of a warm-up has rate 0. The rates that fall to 0 would reach it
  /// one step after the last.
  package func rate(at step: Int) -> Double {
    if step <= warmupSteps { return peak * Double(step - 1) / Double(warmupSteps) }
    let progress = Double(step - 1 - warmupSteps) / Double(max(1, totalSteps - warmupSteps))
    switch shape {
    case .linear: return peak * (1 - progress)
    case .cosine: return peak * 0.5 * (1 + cos(Double.pi * progress))
    case .constant: return peak
    case .polynomial: return (peak - Schedule.polynomialEnd) * pow(1 - progress, power) + Schedule.polynomialEnd
    case .inverseSqrt:
      let timescale = warmupSteps == 0 ? Schedule.timescaleWithoutWarmup : warmupSteps
      return peak / (Double(step - 1 + timescale - warmupSteps) / Double(timescale)).squareRoot()
    case .cosineWithRestarts:
      let part = (Double(cycles) * progress).truncatingRemainder(dividingBy: 1)
      return peak * 0.5 * (1 + cos(Double.pi * part))
    case .wsd:
      let decayed = step - 1 - (totalSteps - decaySteps)
      return decayed < 0 ? peak : peak * 0.5 * (1 + cos(Double.pi * Double(decayed) / Double(max(1, decaySteps))))
    }
  }
}
