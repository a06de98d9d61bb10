import Tensors

/// The keys and values of every layer, which are kept so that each token is computed only once.
final class KeyValueCache {
  let layers: [AttentionCache]

  /// - Parameters:
  ///   - widths: for each layer, the width of a token's keys.
  ///   - capacities: for each sequence, the most tokens that it will have.
  ///   - parents: for each sequence, the earlier one whose tokens it begins with.
  init(widths: [Int], capacities: [Int], parents: [Int?]) {
    layers = widths.map { AttentionCache(width: $0, capacities: capacities, parents: parents) }
  }

  /// Sets which cached sequence each sequence of the next batch continues.
  func select(_ slots: [Int]) {
    for layer in layers { layer.slots = slots }
  }

  /// Replaces what a sequence holds by what another one with the same parent holds.
  func copy(from source: Int, to target: Int) {
    for layer in layers { layer.copy(from: source, to: target) }
  }
}
