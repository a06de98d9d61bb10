import Testing
import Training

@Suite struct WindowOrderTests {
  private func epochs(shuffled: Bool, seed: UInt64) -> [[Int]] {
    var order = WindowOrder(exampleCount: 23, windowSize: 4, isShuffled: shuffled, seed: seed)
    return (0..<2).map { epoch in (1...6).flatMap { order.window(6 * epoch + $0) } }
  }

  /// Every epoch has every example once, in an order of its own that follows from the seed.
  @Test func everyEpochHasItsOwnOrder() {
    let orders = epochs(shuffled: true, seed: 1)
    for order in orders { #expect(order.sorted() == Array(0..<23)) }
    #expect(orders[0] != orders[1] && orders[0] != Array(0..<23))
    #expect(epochs(shuffled: true, seed: 1) == orders)
    #expect(epochs(shuffled: true, seed: 2)[0] != orders[0])
    #expect(epochs(shuffled: false, seed: 1) == [Array(0..<23), Array(0..<23)])
  }
}
