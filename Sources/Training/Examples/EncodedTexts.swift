import Models
import Results
import Tasks
import Tokenization

/// Examples with a sequence for each of their inputs, a text or a pair of texts.
struct EncodedTexts: EncodedExamples {
  let data: SplitData
  let truncated: Int
  private let sequences: [[(ids: [Int32], typeIDs: [Int32])]]
  private let makeTargets: @Sendable ([Int]) -> HeadTargets

  /// Number of examples encoded in one call. An encoding also holds character spans, which are not needed here; chunks
  /// bound the memory that the spans take.
  private static let chunk = 4_096

  /// Encodes every example, on all threads.
  ///
  /// - Parameter targets: makes the targets of the loss for the examples at some positions.
  /// - Throws: ``TaskError`` naming file and line of an example that has no answer, has no token or cannot be encoded;
  ///   `TokenizerError` where the maximum length is at fault.
  init(
    _ data: SplitData, tokenizer: any Tokenizer, maximumLength: Int,
    targets: @escaping @Sendable ([Int]) -> HeadTargets
  ) throws {
    self.data = data
    makeTargets = targets
    var (sequences, truncated): ([[(ids: [Int32], typeIDs: [Int32])]], Int) = ([], 0)
    sequences.reserveCapacity(data.examples.count)
    for start in stride(from: 0, to: data.examples.count, by: EncodedTexts.chunk) {
      let examples = data.examples[start..<min(start + EncodedTexts.chunk, data.examples.count)]
      let owners = examples.indices.flatMap { index in data.examples[index].inputs.map { _ in index } }
      let encodings: [Encoding]
      do throws(BatchTokenizerError) {
        encodings = try tokenizer.encode(batch: examples.flatMap(\.inputs), maximumLength: maximumLength)
      } catch {
        throw EncodedTexts.located(error, data.examples[owners[error.index]], in: data)
      }
      var rest = encodings[...]
      for example in examples {
        let own = rest.prefix(example.inputs.count)
        rest = rest.dropFirst(own.count)
        guard !own.contains(where: \.ids.isEmpty) else {
          throw data.fault(
            example,
            "the text has no token, and the tokenizer adds none; expected some text: fill the line or remove it")
        }
        sequences.append(own.map { ($0.ids, $0.typeIDs) })
        if own.contains(where: { $0.removed > 0 }) { truncated += 1 }
      }
    }
    (self.sequences, self.truncated) = (sequences, truncated)
  }

  var count: Int { sequences.count }
  var sequenceLengths: [[Int]] { sequences.map { $0.map(\.ids.count) } }

  func append(_ position: Int, to batch: inout PackedBatch) {
    for sequence in sequences[position] { batch.append(sequence.ids, typeIDs: sequence.typeIDs) }
  }

  func targets(_ positions: [Int]) -> HeadTargets { makeTargets(positions) }

  /// Adds file and line to a fault of one text. Other faults concern no line and stay as they are, such as a maximum
  /// length that is too small for the special tokens.
  private static func located(_ fault: BatchTokenizerError, _ example: Example, in data: SplitData) -> any Error {
    fault.exitStatus == .badInput ? data.fault(example, fault.error.message) : fault.error
  }
}
