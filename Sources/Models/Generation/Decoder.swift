import Tensors

/// A model in which a token sees only what is before it: it can continue a text and say how likely a continuation is.
protocol Decoder: Model {
  /// Whether its head predicts the next token.
  var isLanguageModel: Bool { get }

  /// ``Model/logits(_:on:)`` of some tokens, at the head's cost for those only.
  ///
  /// - Parameters:
  ///   - rows: tokens of the batch; `nil`: all.
  ///   - cache: what was before the batch's sequences, which are added to it.
  func logits(_ batch: PackedBatch, rows: [Int]?, cache: KeyValueCache?, on tape: Tape) -> Variable

  /// An empty cache for sequences of at most `capacities` tokens.
  func makeCache(capacities: [Int]) -> KeyValueCache
}

extension Model {
  /// - Throws: ``GenerationError/notALanguageModel(architecture:)``.
  func languageModel() throws(GenerationError) -> any Decoder {
    guard let decoder = self as? any Decoder, decoder.isLanguageModel else {
      throw .notALanguageModel(architecture: architecture)
    }
    return decoder
  }
}

/// Keys and values of every layer, so that a token is computed once.
final class KeyValueCache {
  let layers: [AttentionCache]

  init(layers: Int, width: Int, capacities: [Int]) {
    self.layers = (0..<layers).map { _ in AttentionCache(width: width, capacities: capacities) }
  }

  /// Says which cached sequence each sequence of the next batch continues.
  func select(_ slots: [Int]) {
    for layer in layers { layer.slots = slots }
  }
}
