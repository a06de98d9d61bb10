import Tensors

/// The layer that each parameter of a model belongs to, for settings that treat layers differently.
///
/// Layers are found by the names that Hugging Face gives their parameters, e.g. `encoder.layer.3.`, `h.3.` or
/// `layers.3.`. A layer that is applied several times, as in ALBERT, is one layer. What comes before the first layer
/// belongs to the embeddings, and what comes after the last to the head: pooler, final norm, classifier.
package struct LayerDepth: Sendable {
  /// The number of layers, each counted once however often it is applied.
  package let layers: Int
  /// For each parameter 0 in the embeddings, the layer's number from 1, or ``layers`` + 1 in the head.
  package let depths: [Int]

  /// - Parameter names: the names of all parameters, in the order in which the forward pass first uses them.
  package init(names: [String]) {
    var found: [Substring] = []
    var depths: [Int?] = []
    for name in names {
      guard let layer = LayerDepth.layer(of: name) else {
        depths.append(nil)
        continue
      }
      if !found.contains(layer) { found.append(layer) }
      depths.append(found.firstIndex(of: layer).map { $0 + 1 })
    }
    let first = depths.firstIndex { $0 != nil } ?? 0
    layers = found.count
    self.depths = depths.enumerated().map { position, depth in depth ?? (position < first ? 0 : found.count + 1) }
  }

  /// The components of names that a layer's number follows.
  private static let containers: Set<Substring> = ["layer", "layers", "h", "albert_layers"]

  /// The name up to and including the layer's number; `nil` outside of layers.
  private static func layer(of name: String) -> Substring? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard
      let index = parts.indices.dropLast().first(where: { containers.contains(parts[$0]) && Int(parts[$0 + 1]) != nil })
    else { return nil }
    return name[..<parts[index + 1].endIndex]
  }

  /// The factor of each parameter's learning rate under layer-wise decay: 1 in the head, `decay` in the last layer, and
  /// once more times `decay` for each layer below, down to `decay^(layers + 1)` in the embeddings.
  ///
  /// This is the rule of BEiT (Bao et al., 2022, `LayerDecayValueAssigner` in its `optim_factory.py`). ELECTRA's code
  /// (Clark et al., 2020, `_get_layer_lrs`) counts the pooler as a depth of its own, so that its factors below the head
  /// are smaller by one more `decay`.
  package func rateFactors(decay: Double) -> [Double] {
    depths.map { depth in (0..<(layers + 1 - depth)).reduce(1) { factor, _ in factor * decay } }
  }
}
