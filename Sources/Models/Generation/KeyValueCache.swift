import Tensors

/// Keys and values of every layer, so that a token is computed once.
final class KeyValueCache {
  let layers: [AttentionCache]

  /// - Parameter widths: of a token's keys, for each layer.
  init(widths: [Int], capacities: [Int]) {
    layers = widths.map { AttentionCache(width: $0, capacities: capacities) }
  }

  /// Says which cached sequence each sequence of the next batch continues.
  func select(_ slots: [Int]) {
    for layer in layers { layer.slots = slots }
  }
}
