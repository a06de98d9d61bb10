import Support
import Tasks
import Tokenization

/// What one split holds.
package struct CheckedSplit {
  package let split: Split
  package let files: [(path: String, sha256: String)]
  /// Number of examples without a fault.
  package let examples: Int
  /// Number of examples that are held out for a dev split.
  package let heldOut: Int
  package let official: Int?
  package let skipped: Int
  package let repeats: Repeats
  /// Number of examples with a text of nothing but white space.
  package let empty: Int
  package let answers: AnswerBalance
  /// What is no fault, but hardly meant.
  package let warnings: [String]
  /// The lengths of the examples under each protocol; empty where there is no tokenizer.
  package let lengths: [(kind: ProtocolKind, lengths: TokenLengths)]
  /// The first faults, each as one sentence with file and line.
  package let faults: [String]
  /// Number of all faults.
  package let faultCount: Int

  /// - Parameters:
  ///   - digests: the inputs of the examples under the task's first protocol.
  ///   - train: those of the training split; `nil` for that split itself.
  ///   - labels: the labels of the training split; `nil` likewise.
  init(
    _ found: SplitInspection, _ task: BenchmarkTask, tokenizer: (any Tokenizer)?, maximumLength: Int,
    digests: [InputDigest], train: Set<InputDigest>?, labels: ClassCoverage?
  ) throws {
    let first = found.data.first?.data
    split = found.split
    files = first?.files ?? []
    let all = first?.examples ?? []
    (examples, official, skipped) = (all.count, first?.official, first?.skipped ?? 0)
    heldOut = first?.heldOut ?? 0
    repeats = first?.repeats(digests, train: train) ?? Repeats(ids: 0, inputs: 0)
    empty = all.count { $0.inputs.contains { !$0.hasText } }
    answers = AnswerBalance(all, of: task)
    warnings =
      [first?.heldOutNote, ClassCoverage(all, of: task)?.note(split, train: labels)].compactMap(\.self)
      + CheckedSplit.longFields(found)
    var lengths: [(kind: ProtocolKind, lengths: TokenLengths)] = []
    if let tokenizer {
      for (kind, data) in found.data where !data.examples.isEmpty {
        do throws(BatchTokenizerError) {
          lengths.append((kind, try TokenLengths(data, kind, tokenizer, maximumLength: maximumLength)))
        } catch {
          guard error.isOfText else { throw error.error }
          found.faults.add(data.fault(data.examples[error.index], error.error.message))
        }
      }
    }
    self.lengths = lengths
    (faults, faultCount) = (found.faults.faults.map(\.message), found.faults.count)
  }

  private static let shownLongFields = 5

  /// A quote that is lost makes a field of all lines up to the next quote.
  private static func longFields(_ found: SplitInspection) -> [String] {
    let fields = found.longFields
    guard !fields.isEmpty, let path = found.data.first?.data.files.first?.path else { return [] }
    let shown = fields.prefix(shownLongFields).map { "\(path):\($0.line): \($0.lines) lines" }.joined(separator: ", ")
    let more = fields.count - shownLongFields
    return [
      "quoted fields of more than \(SplitInspection.longField) lines; a lost quote swallows rows: \(shown)"
        + (more > 0 ? ", and \(more) more" : "")
    ]
  }

  var json: JSON {
    let files = files.map { JSON.object(JSONObject(["path": .text($0.path), "sha256": .text($0.sha256)])) }
    var object = JSONObject([
      "files": .array(files), "examples": .integer(examples), "official": official.map(JSON.integer) ?? .null,
      "held_out": .integer(heldOut), "skipped": .integer(skipped), "empty": .integer(empty),
      "duplicates": .object(JSONObject(["ids": .integer(repeats.ids), "inputs": .integer(repeats.inputs)])),
      "answers": answers.json, "warnings": .array(warnings.map(JSON.text)),
      "token_lengths": .object(JSONObject(lengths.map { .init(ByteString($0.kind.rawValue), $0.lengths.json) })),
      "faults": .array(faults.map(JSON.text)), "fault_count": .integer(faultCount),
    ])
    if let overlap = repeats.overlap { object["overlap"] = .integer(overlap) }
    return .object(object)
  }
}
