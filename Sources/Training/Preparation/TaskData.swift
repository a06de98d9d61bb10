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
  /// Whether the data are a file of the user's own, not a split of the task.
  let isOwnFile: Bool
  /// What a model that is trained on these data was trained for; `nil` for pretraining.
  let trainedFor: TrainedFor?
  /// What the user should know of the labels that splits have.
  let labelNotes: [String]

  /// Reads the task or the text that the settings name.
  ///
  /// - Throws: an error of the task, the text or the settings.
  init(_ settings: RunSettings, _ checkpoint: CheckpointGlance) throws {
    if settings.command == .pretrain {
      try self.init(text: settings)
    } else {
      try self.init(task: settings, checkpoint)
    }
  }

  private init(task settings: RunSettings, _ checkpoint: CheckpointGlance) throws {
    let (task, given) = try TaskData.task(settings, checkpoint)
    let kind = try task.protocolKind(settings, checkpoint)
    try settings.checkEffects(of: kind, allowsNoAnswer: task.allowsNoAnswer)
    let settings = try settings.scoring(as: checkpoint.presets?.trainedFor, task, kind)
    // A file of the user's own needs none of the task's data.
    let location = try settings.input == nil ? task.locateData(given) : nil
    (name, taskProtocol) = (task.name, task.taskProtocol(kind, settings))
    (source, presets) = (location?.source ?? .files, task.presets)
    var train =
      try settings.command != .run
      ? nil
      : location.map {
        try task.load(.train, from: $0, for: kind, limit: settings.trainLimit)
      }
    isOwnFile = settings.input != nil
    let isPredicting = settings.command == .predict
    let tests = task.splits.map(\.split).filter(\.isTest)
    // A leaderboard such as SQuAD's takes predictions of a dev split, where there is no test split.
    let official = tests.isEmpty ? task.splits.filter { $0.submission != nil }.map(\.split) : tests
    let usual = isPredicting && (!tests.isEmpty || !isOwnFile) ? official : task.devSplits
    let splits = try settings.split.map { try task.splits(named: $0) } ?? usual
    guard !splits.isEmpty else {
      throw TaskError.noSplit(
        task: name, split: isPredicting ? "test" : "dev", path: task.path, known: task.splits.map(\.split.name))
    }
    var dev: [SplitData] = []
    if let input = settings.input {
      dev = [try task.load(file: input, as: splits[0], for: kind, limit: settings.evaluationLimit)]
    } else if let location {
      dev = try splits.map { try task.load($0, from: location, for: kind, limit: settings.evaluationLimit) }
    }
    TaskData.countRepeats(&train, &dev, kind)
    (self.train, self.dev) = (train, dev)
    let trained = train.flatMap { ClassCoverage($0.examples, of: task) }
    labelNotes =
      ([train].compactMap(\.self) + dev).compactMap { data in
        ClassCoverage(data.examples, of: task)?.note(data.split, train: data.split == .train ? nil : trained)
      }
    record = TaskData.record(task, taskProtocol)
    trainedFor = TrainedFor(
      task: task.name, path: Files.resolved(task.path), protocolKind: kind, format: task.formatName,
      data: given.map(Files.resolved), scoring: JSONObject(settings.unusualScoring.map { .init(ByteString($0), $1) }))
  }

  /// The task that the settings name, or the one that the model was trained for, and the data that are given for it.
  static func task(
    _ settings: RunSettings, _ checkpoint: CheckpointGlance
  ) throws -> (task: BenchmarkTask, data: String?) {
    if let name = settings.task {
      let task = try TaskRegistry.find(name, format: settings.format)
      return (task, settings.data.map(task.dataPath))
    }
    guard settings.command != .run, let trained = checkpoint.presets?.trainedFor else {
      throw TrainingError.missingOption(
        name: "--task", expected: "one of \(TaskRegistry.names.joined(separator: ", ")), or the path of a task.yaml")
    }
    let isThere = Files.exists(trained.path)
    guard isThere || SearchPath(.tasks).find(trained.task) != nil else {
      throw TrainingError.movedTask(model: settings.model, task: trained.task, path: trained.path)
    }
    let task = try TaskRegistry.find(
      isThere ? trained.path : trained.task, format: settings.format ?? trained.format)
    return (task, settings.data.map(task.dataPath) ?? trained.data)
  }

  /// Counts what the splits hold more than once, and what the dev splits share with the training split.
  private static func countRepeats(_ train: inout SplitData?, _ dev: inout [SplitData], _ kind: ProtocolKind) {
    var trained: Set<InputDigest>?
    if var data = train {
      let digests = data.inputDigests(kind)
      data.repeats = data.repeats(digests)
      (train, trained) = (data, Set(digests))
    }
    for index in dev.indices { dev[index].repeats = dev[index].repeats(dev[index].inputDigests(kind), train: trained) }
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
    (name, source, isOwnFile) = ("pretrain", .files, false)
    taskProtocol = LanguageModeling(packing: settings.packing)
    (train, dev) = (part(.train, kept), [part(.dev, held)])
    presets = .init(epochs: 1, maximumLength: 1_024)
    record = .object(TaskData.record(name, taskProtocol))
    (trainedFor, labelNotes) = (nil, [])
  }

  private static func record(_ task: BenchmarkTask, _ taskProtocol: any TaskProtocol) -> JSON {
    var object = record(task.name, taskProtocol)
    if let format = task.formatName { object["format"] = .text(format) }
    if !task.labels.isEmpty { object["labels"] = .array(task.labels.map(JSON.text)) }
    return .object(object)
  }

  private static func record(_ name: String, _ taskProtocol: any TaskProtocol) -> JSONObject {
    JSONObject([
      "name": .text(name), "protocol": .text(taskProtocol.name),
      "primary_metric": .text(taskProtocol.primaryMetric.name),
      "higher_is_better": .bool(taskProtocol.primaryMetric.isHigherBetter),
      "metrics": .array(taskProtocol.metrics.map { .text($0.name) }),
    ])
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

extension RunSettings {
  /// These settings, with those that a saved model was scored with by its run where none are given. Only then does
  /// `evaluate --model RUN/model` give the run's scores.
  ///
  /// - Throws: ``TrainingError/badSetting(origin:key:found:expected:)`` for a value in `finetune.json` that no run writes.
  fileprivate func scoring(as trained: TrainedFor?, _ task: BenchmarkTask, _ kind: ProtocolKind) throws(TrainingError)
    -> RunSettings
  {
    guard command == .evaluate || command == .predict, let trained, trained.task == task.name,
      trained.protocolKind == kind
    else { return self }
    var settings = self
    for member in trained.scoring.members where !given.contains(where: { $0.key == member.key.description }) {
      let key = member.key.description
      let origin = CheckpointPresets.file + ", trained_for.scoring"
      let known = RunSettings.scoring.map(\.key)
      guard known.contains(key) else {
        throw .unknownKey(origin: origin, key: key, known: known)
      }
      try settings.set(key, String(decoding: member.value.serialized(compact: true), as: UTF8.self), origin: origin)
    }
    return settings
  }
}
