import Foundation

/// How an arm behaves over its learning rates.
package enum Tuning {
  /// The expected best score after trying 1, 2, … of the values, drawn at random with replacement from those measured
  /// (Dodge et al. 2019, equation 1).
  ///
  /// - Parameter values: one for each tried rate, higher is better.
  package static func expectedBest(_ values: [Double]) -> [Double] {
    let sorted = values.sorted()
    let count = Double(values.count)
    return values.indices.map { index in
      let tries = Double(index + 1)
      return sorted.enumerated().reduce(0) { sum, entry in
        sum + entry.element * (pow(Double(entry.offset + 1) / count, tries) - pow(Double(entry.offset) / count, tries))
      }
    }
  }

  /// A range of learning rates, and whether an end of the axis cuts it off, so that it may be wider.
  package struct Window: Equatable {
    package var low: Double
    package var high: Double
    package var isOpenBelow: Bool
    package var isOpenAbove: Bool
    package var factor: Double { high / low }
    package var decades: Double { log10(high / low) }
  }

  /// The learning rates around the best whose score is at least `threshold`. Between a rate inside and one outside, the end
  /// is where the straight line between them, over the logarithm of the rate, crosses the threshold.
  ///
  /// - Parameters:
  ///   - points: ascending in the rate; a rate without a score, because it diverged, ends the window at its neighbour.
  ///   - best: the index of the best rate, which has a score.
  package static func window(_ points: [(rate: Double, score: Double?)], best: Int, threshold: Double) -> Window {
    func end(_ step: Int) -> (rate: Double, isOpen: Bool) {
      var index = best
      while points.indices.contains(index + step) {
        let (inside, outside) = (points[index], points[index + step])
        guard let from = inside.score, let to = outside.score else { return (inside.rate, false) }
        guard to < threshold else {
          index += step
          continue
        }
        let share = from == to ? 0 : (from - threshold) / (from - to)
        return (inside.rate * pow(outside.rate / inside.rate, min(1, max(0, share))), false)
      }
      return (points[index].rate, true)
    }
    let (low, high) = (end(-1), end(1))
    return Window(low: low.rate, high: high.rate, isOpenBelow: low.isOpen, isOpenAbove: high.isOpen)
  }

  /// The indices of the points that no other beats: none is cheaper and at least as good, or as cheap and better.
  package static func paretoFront(_ points: [(cost: Double, score: Double)]) -> [Int] {
    points.indices.filter { index in
      let point = points[index]
      return !points.contains { other in
        other.cost <= point.cost && other.score >= point.score
          && (other.cost < point.cost || other.score > point.score)
      }
    }
  }
}
