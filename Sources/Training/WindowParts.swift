import Models

/// Divides the examples of an optimizer step into the parts that pass forward and backward at a time.
///
/// The loss is a mean over all of the step's examples, however they are divided. So a division decides memory and speed,
/// and the gradient stays the same but for rounding and for the masks of dropout.
struct WindowParts {
  private let batchSize: Int
  private let budget: (tokens: Int, lengths: [Int])?

  /// - Parameters:
  ///   - batchSize: the number of examples in a part, where there is no budget.
  ///   - tokens: the most tokens in a part, which may have any number of examples. An example with more is a part by
  ///     itself. `nil` for no budget.
  init(_ examples: any EncodedExamples, batchSize: Int, tokens: Int?) {
    self.batchSize = batchSize
    budget = tokens.map { ($0, examples.lengths) }
  }

  /// The parts of a window, in its order.
  ///
  /// - Parameter window: positions of examples.
  func callAsFunction(_ window: [Int]) -> [ArraySlice<Int>] {
    guard let budget else {
      return stride(from: 0, to: window.count, by: batchSize).map {
        window[$0..<min($0 + batchSize, window.count)]
      }
    }
    return TokenBudget.evenRanges(window.map { budget.lengths[$0] }, budget: budget.tokens).map { window[$0] }
  }
}
