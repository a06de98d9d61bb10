import Support
import Tasks
import Tokenization

/// The data of a command: the splits of a task or, for pretraining, a text of which a part is held out.
struct TaskData {
  /// The task's name, or `pretrain`.
  let name: String
  let taskProtocol: any TaskProtocol
  /// The training data; `nil` for evaluation.
  let train: SplitData?
  /// The dev splits. The score on the first decides which model is the best.
  let dev: [SplitData]
  let source: DataLocation.Source
  let presets: BenchmarkTask.Presets
  /// The `task` member of `results.json`.
  let record: JSON

  /// Reads the task or the text that the settings name.
  ///
  /// - Throws: an error of the task, the text or the settings.
  init(_ settings: RunSettings) throws {
    if settings.command == .pretrain {
      try self.init(text: settings)
    } else {
      try self.init(task: settings)
    }
  }

  private init(task settings: RunSettings) throws {
    guard let taskName = settings.task else {
      throw TrainingError.missingOption(
        name: "--task", expected: "one of \(TaskRegistry.names.joined(separator: ", ")), or the path of a task.yaml")
    }
    let task = try TaskRegistry.find(taskName)
    let location = try task.locateData(settings.data)
    (name, taskProtocol, source, presets) = (task.name, task.taskProtocol, location.source, task.presets)
    train =
      settings.command == .run ? try task.load(.train, from: location.folder, limit: settings.trainLimit) : nil
    dev = try task.devSplits.map { split in
      try task.load(split, from: location.folder, limit: settings.evaluationLimit)
    }
    record = TaskData.record(task.name, taskProtocol, labels: task.labels)
  }

  private init(text settings: RunSettings) throws {
    guard let path = settings.text else {
      throw TrainingError.missingOption(name: "--text", expected: "a text file, one document a line")
    }
    guard settings.given.contains(where: { $0.key == "model" }) else {
      throw TrainingError.missingOption(
        name: "--model", expected: "a folder with config.json and tokenizer, or a config.json")
    }
    let file = try DocumentFile(path: path, separatedBy: settings.documents)
    let (kept, held) = TaskData.split(file.documents, share: settings.heldOut)
    func part(_ split: Split, _ documents: [[UInt8]]) -> SplitData {
      let examples = documents.enumerated().map { index, document in
        Example(index: index, line: index + 1, inputs: [TextInput(document)], answer: nil)
      }
      return SplitData(
        split: split, examples: examples, available: examples.count, files: [(file.path, file.sha256)])
    }
    (name, source) = ("pretrain", .files)
    taskProtocol = LanguageModeling(packing: settings.packing)
    (train, dev) = (part(.train, kept), [part(.dev, held)])
    presets = .init(epochs: 1, maximumLength: 1_024)
    record = TaskData.record(name, taskProtocol, labels: nil)
  }

  private static func record(_ name: String, _ taskProtocol: any TaskProtocol, labels: [String]?) -> JSON {
    var object = JSONObject([
      "name": .text(name), "protocol": .text(taskProtocol.name),
      "primary_metric": .text(taskProtocol.primaryMetric.name),
      "higher_is_better": .bool(taskProtocol.primaryMetric.isHigherBetter),
      "metrics": .array(taskProtocol.metrics.map { .text($0.name) }),
    ])
    if let labels { object["labels"] = .array(labels.map(JSON.text)) }
    return .object(object)
  }

  /// Splits documents into training and held-out ones. Held-out documents lie evenly over the text, so that they depend
  /// only on `share` and the number of documents. At least one document is held out and at least one is kept.
  static func split(_ documents: [[UInt8]], share: Double) -> (kept: [[UInt8]], held: [[UInt8]]) {
    var (kept, held): ([[UInt8]], [[UInt8]]) = ([], [])
    let wanted = min(documents.count - 1, max(1, Int((share * Double(documents.count)).rounded())))
    for (index, document) in documents.enumerated() {
      if (index + 1) * wanted / documents.count > index * wanted / documents.count {
        held.append(document)
      } else {
        kept.append(document)
      }
    }
    return (kept, held)
  }
}
