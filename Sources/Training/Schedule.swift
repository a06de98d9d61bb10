import Foundation

/// The learning rate over a run, as transformers' schedulers with `get_scheduler` give it.
public struct Schedule: Sendable, Equatable {
  public enum Shape: String, CaseIterable, Sendable {
    case linear
    case cosine
    case constant
  }

  public let shape: Shape
  public let peak: Double
  /// Steps of warm-up, of ``totalSteps``.
  public let warmupSteps: Int
  public let totalSteps: Int

  public init(shape: Shape, peak: Double, warmupSteps: Int, totalSteps: Int) {
    (self.shape, self.peak, self.warmupSteps, self.totalSteps) = (shape, peak, warmupSteps, totalSteps)
  }

  /// Rate of step `step`, from 1. The first step of a warm-up has rate 0; the rate after the last step would be 0.
  public func rate(at step: Int) -> Double {
    if step <= warmupSteps { return peak * Double(step - 1) / Double(warmupSteps) }
    let progress = Double(step - 1 - warmupSteps) / Double(max(1, totalSteps - warmupSteps))
    switch shape {
    case .linear: return peak * (1 - progress)
    case .cosine: return peak * 0.5 * (1 + cos(Double.pi * progress))
    case .constant: return peak
    }
  }
}
