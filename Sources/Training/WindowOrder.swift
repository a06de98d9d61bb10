import Tensors

/// The examples of each optimizer step. Steps take successive gradient-accumulation windows from the order of an epoch.
/// The last window of an epoch may be partial.
package struct WindowOrder: Sendable {
  package let exampleCount: Int
  /// Number of examples in a whole window: batch size times accumulation.
  package let windowSize: Int
  package let isShuffled: Bool
  private let random: RandomGenerator
  private var cached: (epoch: Int, order: [Int])?

  package init(exampleCount: Int, windowSize: Int, isShuffled: Bool, seed: UInt64) {
    (self.exampleCount, self.windowSize, self.isShuffled) = (exampleCount, windowSize, isShuffled)
    random = RandomGenerator(seed: seed)
  }

  /// Number of windows in an epoch, a partial one included.
  package var stepsPerEpoch: Int { (exampleCount + windowSize - 1) / windowSize }

  /// Positions of the examples of step `step`, from 1. The order of an epoch depends only on seed and epoch.
  package mutating func window(_ step: Int) -> [Int] {
    let (epoch, position) = (step - 1).quotientAndRemainder(dividingBy: stepsPerEpoch)
    if cached?.epoch != epoch {
      let order =
        isShuffled ? random.stream("shuffle", UInt64(epoch)).permutation(exampleCount) : Array(0..<exampleCount)
      cached = (epoch, order)
    }
    let start = position * windowSize
    return Array((cached?.order ?? [])[start..<min(start + windowSize, exampleCount)])
  }
}
