import Tensors

/// Which examples each optimizer step sees: windows of an epoch's order, the last one of an epoch partial.
package struct WindowOrder: Sendable {
  package let exampleCount: Int
  /// Examples of a whole window: batch size times accumulation.
  package let windowSize: Int
  package let isShuffled: Bool
  private let random: RandomGenerator
  private var cached: (epoch: Int, order: [Int])?

  package init(exampleCount: Int, windowSize: Int, isShuffled: Bool, seed: UInt64) {
    (self.exampleCount, self.windowSize, self.isShuffled) = (exampleCount, windowSize, isShuffled)
    random = RandomGenerator(seed: seed)
  }

  package var stepsPerEpoch: Int { (exampleCount + windowSize - 1) / windowSize }

  /// Examples of step `step`, from 1; the order of an epoch depends on seed and epoch only.
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
