import Models
import Results
import Tasks
import Tokenization

/// Sequences of tokens from running text. A model predicts each token of a sequence but the first from those before it.
struct TextSequences: EncodedExamples {
  let data: SplitData
  let sequences: [[Int32]]

  /// Tokenizes documents and cuts them into sequences of at most `maximumLength` tokens.
  ///
  /// Each document gets the special tokens of the tokenizer's template and ends with the end-of-sequence token, if the
  /// tokenizer has one. A sequence of a single token is dropped, because it has nothing to predict.
  /// - Throws: `BatchTokenizerError`, or ``TrainingError/badFile(path:reason:)`` where no sequence has two tokens.
  init(_ data: SplitData, tokenizer: any Tokenizer, packing: RunSettings.Packing, maximumLength: Int) throws {
    self.data = data
    var encoded = try tokenizer.encode(batch: data.examples.flatMap(\.inputs)).map(\.ids)
    if let end = tokenizer.eosID {
      for index in encoded.indices where encoded[index].last != end { encoded[index].append(end) }
    }
    if packing == .blocks { encoded = [encoded.flatMap { $0 }] }
    sequences = encoded.flatMap { TextSequences.cut($0, to: maximumLength) }.filter { $0.count >= 2 }
    guard !sequences.isEmpty else {
      throw TrainingError.badFile(
        path: data.files.first?.path ?? data.split.name,
        reason: "no document of its \(data.split.name) part has two tokens; expected text that the tokenizer knows")
    }
  }

  private init(_ data: SplitData, sequences: [[Int32]]) { (self.data, self.sequences) = (data, sequences) }

  /// Cuts token ids into pieces. Each piece begins with the last token of the piece before, so that every token but the
  /// very first is predicted exactly once.
  private static func cut(_ ids: [Int32], to length: Int) -> [[Int32]] {
    guard ids.count > length else { return [ids] }
    return stride(from: 0, to: ids.count - 1, by: length - 1).map { Array(ids[$0..<min($0 + length, ids.count)]) }
  }

  var count: Int { sequences.count }
  var sequenceLengths: [[Int]] { sequences.map { [$0.count] } }
  var truncated: Int { 0 }

  var record: RunRecord.Split {
    .init(
      name: data.split.name, files: data.files, examples: count, available: count, truncated: 0,
      documents: data.examples.count, tokens: lengths.reduce(0, +))
  }

  func append(_ position: Int, to batch: inout PackedBatch) { batch.append(sequences[position]) }

  func targets(_ positions: [Int]) -> HeadTargets { .nextTokens }

  /// Sequences at even intervals: at least `count` of them, or all if there are fewer.
  func sample(_ count: Int) -> TextSequences {
    let interval = max(1, sequences.count / max(1, count))
    return TextSequences(data, sequences: stride(from: 0, to: sequences.count, by: interval).map { sequences[$0] })
  }
}
