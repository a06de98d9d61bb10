import Models
import Results
import Tasks
import Tokenization

/// Examples of one sequence each, which encodes a text or a pair of texts.
struct EncodedTexts: EncodedExamples {
  let data: SplitData
  let truncated: Int
  private let sequences: [(ids: [Int32], typeIDs: [Int32])]
  private let answers: [Answer]
  private let makeTargets: @Sendable ([Answer]) -> HeadTargets

  /// Number of examples encoded in one call. An encoding also holds character spans, which are not needed here; chunks
  /// bound the memory that the spans take.
  private static let chunk = 4_096

  /// Encodes every example, on all threads.
  ///
  /// - Parameter targets: makes the targets of the loss from the right answers.
  /// - Throws: ``TaskError`` naming file and line of an example that has no answer, has no token or cannot be encoded;
  ///   `TokenizerError` where the maximum length is at fault.
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

  /// Adds file and line to a fault of one text. Other faults concern no line and stay as they are, such as a maximum
  /// length that is too small for the special tokens.
  private static func located(_ fault: BatchTokenizerError, _ example: Example, in data: SplitData) -> any Error {
    guard fault.exitStatus == .badInput, let file = data.files.first else { return fault.error }
    return TaskError.badLine(path: file.path, line: example.line, reason: fault.error.message)
  }
}
