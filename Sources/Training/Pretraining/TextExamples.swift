import Models
import Support
import Tensors
import Tokenization

/// Sequences of tokens, each of which but the first is predicted from those before it.
struct TextExamples: TrainingExamples {
  let sequences: [[Int32]]

  /// Tokenizes documents and lays them out as sequences of at most `maximumLength` tokens; no token is lost.
  ///
  /// Around each document go the special tokens of the tokenizer's template and, after it, the end-of-sequence token.
  /// - Throws: ``BatchTokenizerError``.
  init(
    _ documents: [[UInt8]], tokenizer: any Tokenizer, packing: RunSettings.Packing, maximumLength: Int
  ) throws {
    var encoded = try tokenizer.encode(batch: documents.map { TextInput($0) }).map(\.ids)
    if let end = tokenizer.eosID {
      for index in encoded.indices where encoded[index].last != end { encoded[index].append(end) }
    }
    if packing == .blocks { encoded = [encoded.flatMap { $0 }] }
    sequences = encoded.flatMap { TextExamples.cut($0, to: maximumLength) }.filter { $0.count >= 2 }
  }

  private init(sequences: [[Int32]]) { self.sequences = sequences }

  /// A piece begins with the last token of the one before, so that every token but the very first is predicted once.
  static func cut(_ ids: [Int32], to length: Int) -> [[Int32]] {
    guard ids.count > length else { return [ids] }
    return stride(from: 0, to: ids.count - 1, by: length - 1).map { Array(ids[$0..<min($0 + length, ids.count)]) }
  }

  var count: Int { sequences.count }

  func append(_ position: Int, to batch: inout PackedBatch) { batch.append(sequences[position]) }

  /// Tokens that are predicted.
  func terms(_ window: [Int]) -> Int { window.reduce(0) { $0 + sequences[$1].count - 1 } }

  func loss(of positions: ArraySlice<Int>, terms: Int, model: any Model, on tape: Tape) -> (
    loss: Variable, tokens: Int
  ) {
    let batch = batch(positions)
    let labels = positions.flatMap { sequences[$0].dropFirst().map(Int.init) + [-100] }
    return (tape.crossEntropy(model.logits(batch, on: tape), labels: labels, count: terms), batch.tokenCount)
  }

  /// Every k-th sequence, about `count` of them.
  func sample(_ count: Int) -> TextExamples {
    let interval = max(1, sequences.count / max(1, count))
    return TextExamples(sequences: stride(from: 0, to: sequences.count, by: interval).map { sequences[$0] })
  }

  /// Mean negative log-likelihood of a predicted token, in nats, without dropout.
  func meanLoss(_ model: any Model) -> Double {
    var total = 0.0
    for range in EvaluationPasses.ranges(sequences.map(\.count)) {
      let positions = Array(range)
      let terms = terms(positions)
      let part = loss(of: positions[...], terms: terms, model: model, on: Tape(isTraining: false))
      total += Double(part.loss.value.values[0]) * Double(terms)
    }
    return total / Double(terms(Array(sequences.indices)))
  }
}
