import Models
import Results
import Tasks
import Tokenization

/// Examples of one sequence each: a text, or a pair of texts.
struct EncodedTexts: EncodedExamples {
  let data: SplitData
  let truncated: Int
  private let sequences: [(ids: [Int32], typeIDs: [Int32])]
  private let answers: [Answer]
  private let makeTargets: @Sendable ([Answer]) -> HeadTargets

  /// Examples that are encoded together; the spans that encoding also gives are kept no longer than that.
  private static let chunk = 4_096

  /// Encodes every example, on all threads.
  ///
  /// - Parameter targets: what the head is trained towards, given the right answers.
  /// - Throws: ``TaskError`` for an example without an answer or without a token, or `TokenizerError`; both name file
  ///   and line of the first such example.
  init(
    _ data: SplitData, tokenizer: any Tokenizer, maximumLength: Int,
    targets: @escaping @Sendable ([Answer]) -> HeadTargets
  ) throws {
    self.data = data
    answers = try data.answers()
    makeTargets = targets
    var (sequences, truncated): ([(ids: [Int32], typeIDs: [Int32])], Int) = ([], 0)
    sequences.reserveCapacity(data.examples.count)
    for start in stride(from: 0, to: data.examples.count, by: EncodedTexts.chunk) {
      let examples = data.examples[start..<min(start + EncodedTexts.chunk, data.examples.count)]
      let encodings: [Encoding]
      do throws(BatchTokenizerError) {
        encodings = try tokenizer.encode(batch: examples.flatMap(\.inputs), maximumLength: maximumLength)
      } catch {
        throw EncodedTexts.located(error, examples[start + error.index], in: data)
      }
      for (example, encoding) in zip(examples, encodings) {
        guard !encoding.ids.isEmpty else {
          throw TaskError.badLine(
            path: data.files.first?.path ?? data.split.name, line: example.line,
            reason: "the text has no token, and the tokenizer adds none; expected some text: fill the line or remove it"
          )
        }
        sequences.append((encoding.ids, encoding.typeIDs))
        if encoding.removed > 0 { truncated += 1 }
      }
    }
    (self.sequences, self.truncated) = (sequences, truncated)
  }

  var count: Int { sequences.count }
  var lengths: [Int] { sequences.map(\.ids.count) }

  var record: RunRecord.Split {
    .init(
      name: data.split.name, files: data.files, examples: count, available: data.available, truncated: truncated)
  }

  func append(_ position: Int, to batch: inout PackedBatch) {
    batch.append(sequences[position].ids, typeIDs: sequences[position].typeIDs)
  }

  func targets(_ positions: [Int]) -> HeadTargets { makeTargets(positions.map { answers[$0] }) }

  /// A fault of one text names its file and line; a length that no text could have is no fault of a line.
  private static func located(_ fault: BatchTokenizerError, _ example: Example, in data: SplitData) -> any Error {
    guard fault.exitStatus == .badInput, let file = data.files.first else { return fault.error }
    return TaskError.badLine(path: file.path, line: example.line, reason: fault.error.message)
  }
}
