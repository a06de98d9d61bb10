import Models
import Results
import Tasks
import Tokenization

/// Sequences of tokens from running text, each of which but the first is predicted from those before it.
struct TextSequences: EncodedExamples {
  let data: SplitData
  let sequences: [[Int32]]

  /// Tokenizes documents and lays them out as sequences of at most `maximumLength` tokens; no token is lost.
  ///
  /// Around each document go the special tokens of the tokenizer's template and, after it, the end-of-sequence token.
  /// - Throws: `BatchTokenizerError`, or ``TrainingError/badFile(path:reason:)`` where no document has two tokens.
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

  /// A piece begins with the last token of the one before, so that every token but the very first is predicted once.
  private static func cut(_ ids: [Int32], to length: Int) -> [[Int32]] {
    guard ids.count > length else { return [ids] }
    return stride(from: 0, to: ids.count - 1, by: length - 1).map { Array(ids[$0..<min($0 + length, ids.count)]) }
  }

  var count: Int { sequences.count }
  var lengths: [Int] { sequences.map(\.count) }
  var truncated: Int { 0 }

  var record: RunRecord.Split {
    .init(
      name: data.split.name, files: data.files, examples: count, available: count, truncated: 0,
      documents: data.examples.count, tokens: lengths.reduce(0, +))
  }

  func append(_ position: Int, to batch: inout PackedBatch) { batch.append(sequences[position]) }

  func targets(_ positions: [Int]) -> HeadTargets { .nextTokens }

  /// Every k-th sequence, about `count` of them.
  func sample(_ count: Int) -> TextSequences {
    let interval = max(1, sequences.count / max(1, count))
    return TextSequences(data, sequences: stride(from: 0, to: sequences.count, by: interval).map { sequences[$0] })
  }
}
