import Support
import Tasks
import Tokenization

/// What a task's description makes of its data: counts, lengths, rendered examples, and every fault.
package struct TaskCheck {
  package let task: BenchmarkTask
  package let source: DataLocation.Source
  /// The folder or archive of the data.
  package let folder: String
  package let splits: [CheckedSplit]
  /// Three examples as each protocol gives them to a model.
  package let examples: [(kind: ProtocolKind, split: Split, examples: [RenderedExample])]
  /// The most tokens of an example, as the task's presets have it.
  package let maximumLength: Int
  /// The folder of the tokenizer that counted; `nil` where there is none.
  package let tokenizer: String?

  private static let shownExamples = 3

  /// Reads every split of a task to its end.
  ///
  /// - Parameters:
  ///   - name, format: as of `TaskRegistry.find`.
  ///   - data: the folder or archive of the data; `nil` to look beside `task.yaml`.
  ///   - model: the checkpoint whose tokenizer counts; `nil` for the bundled one.
  /// - Throws: ``TaskError`` where the description is wrong or there are no data; the error of the tokenizer. Faults of
  ///   the data are not thrown.
  package init(_ name: String, data: String?, format: String?, model: String?) throws {
    let task = try TaskRegistry.find(name, format: format)
    let location = try task.locateData(data)
    (self.task, source, folder) = (task, location.source, location.folder)
    maximumLength = task.presets.maximumLength ?? 128
    let (tokenizer, path) = try TaskCheck.tokenizer(model)
    self.tokenizer = path
    var (splits, examples): ([CheckedSplit], [(kind: ProtocolKind, split: Split, examples: [RenderedExample])]) = (
      [], []
    )
    var (train, labels): (Set<InputDigest>?, ClassCoverage?)
    // What a split shares with the training data is counted wherever task.yaml names them.
    for part in task.splits.filter({ $0.split == .train }) + task.splits.filter({ $0.split != .train }) {
      guard let found = task.inspect(part, from: location) else { continue }
      let digests = found.data.first.map { $0.data.inputDigests($0.kind) }
      splits.append(
        try CheckedSplit(
          found, task, tokenizer: tokenizer, maximumLength: maximumLength, digests: digests ?? [], train: train,
          labels: labels))
      if part.split == .train {
        train = digests.map(Set.init)
        labels = found.data.first.flatMap { ClassCoverage($0.data.examples, of: task) }
      }
      if examples.isEmpty, found.data.contains(where: { !$0.data.examples.isEmpty }) {
        examples = found.data.map { kind, data in
          (kind, found.split, data.examples.prefix(TaskCheck.shownExamples).map { RenderedExample($0, task, kind) })
        }
      }
    }
    (self.splits, self.examples) = (splits, examples)
  }

  /// The tokenizer of a checkpoint. The bundled checkpoint may be absent, but not one that is asked for.
  private static func tokenizer(_ model: String?) throws -> (tokenizer: (any Tokenizer)?, path: String?) {
    let found = SearchPath(.checkpoints).find(model ?? "demo")
    guard let path = found ?? model else { return (nil, nil) }
    return (try TokenizerLoader.load(folder: path), path)
  }

  /// Number of faults in all splits.
  package var faultCount: Int { splits.reduce(0) { $0 + $1.faultCount } }

  package var json: JSON {
    let examples = examples.map { kind, split, examples in
      JSON.object(
        JSONObject([
          "protocol": .text(kind.rawValue), "split": .text(split.name), "examples": .array(examples.map(\.json)),
        ]))
    }
    return .object(
      JSONObject([
        "task": .text(task.name), "path": .text(task.path), "kind": .text(task.kind.rawValue),
        "format": task.formatName.map(JSON.text) ?? .null, "source": .text(source.rawValue), "data": .text(folder),
        "tokenizer": tokenizer.map(JSON.text) ?? .null, "max_length": .integer(maximumLength),
        "splits": .object(JSONObject(splits.map { .init(ByteString($0.split.name), $0.json) })),
        "examples": .array(examples), "faults": .integer(faultCount),
      ]))
  }
}
