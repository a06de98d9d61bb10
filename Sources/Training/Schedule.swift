import Foundation

/// The learning rate over a run, as a scheduler from `get_scheduler` of transformers computes it.
package struct Schedule: Sendable, Equatable {
  package enum Shape: String, CaseIterable, Sendable {
    case linear
    case cosine
    case constant
  }

  package let shape: Shape
  /// Learning rate at the end of the warm-up.
  package let peak: Double
  /// Number of warm-up steps, which are part of ``totalSteps``.
  package let warmupSteps: Int
  package let totalSteps: Int

  package init(shape: Shape, peak: Double, warmupSteps: Int, totalSteps: Int) {
    (self.shape, self.peak, self.warmupSteps, self.totalSteps) = (shape, peak, warmupSteps, totalSteps)
  }

  /// The rate of step `step`, from 1. The first step of a warm-up has rate 0. The linear and cosine rates would
  /// reach 0 one step after the last.
  package func rate(at step: Int) -> Double {
    if step <= warmupSteps { return peak * Double(step - 1) / Double(warmupSteps) }
    let progress = Double(step - 1 - warmupSteps) / Double(max(1, totalSteps - warmupSteps))
    switch shape {
    case .linear: return peak * (1 - progress)
    case .cosine: return peak * 0.5 * (1 + cos(Double.pi * progress))
    case .constant: return peak
    }
  }
}
