import Checkpoints
import Memory
import Models
import Support
import Tasks
import Tensors
import Tokenization

/// The preparation that fine-tuning, pretraining and evaluation share: the data are read, the checkpoint is opened and
/// the examples are encoded. Weights are not loaded here, so that faults are reported before anything large is loaded.
struct Preparation {
  let settings: RunSettings
  let data: TaskData
  /// The protocol, fitted to the checkpoint's head.
  let taskProtocol: any TaskProtocol
  let checkpoint: OpenedCheckpoint
  /// Why a new output layer replaces the checkpoint's; `nil` if the checkpoint's is used or it has none.
  let newHead: String?
  let maximumLength: Int
  /// The maximum length of a text that is scored.
  let scoringLength: Int
  /// The training examples; `nil` for evaluation.
  let train: (any EncodedExamples)?
  let dev: [any EncodedExamples]

  /// - Parameter note: called with each message that the user should see.
  /// - Throws: the error of the settings, data or checkpoint.
  init(_ settings: RunSettings, note: (String) -> Void) throws {
    try settings.checkPrecision()
    ThreadPool.shared.configure(threads: settings.threadCount)
    try ProgramMemory.requireAddressSpace()
    if let text = settings.task.flatMap({ SearchPath(.tasks).note(on: $0) }) { note("task " + text) }
    if let text = SearchPath(.checkpoints).note(on: settings.model) { note("model " + text) }
    let data = try TaskData(settings, CheckpointGlance(settings))
    var taskProtocol = data.taskProtocol
    let checkpoint = try OpenedCheckpoint(settings, head: taskProtocol.head)
    newHead = try Preparation.fit(&taskProtocol, to: checkpoint, settings)
    try taskProtocol.adopt(endTokens: checkpoint.endTokens)
    let length = try Preparation.maximumLength(settings, data, checkpoint, note)
    if settings.command == .run, let text = Preparation.epochsNote(settings, data, checkpoint) { note(text) }
    // Training and scoring need answers; say which is missing before anything large is read.
    if taskProtocol.needsAnswers, settings.command != .predict {
      for split in [data.train].compactMap({ $0 }) + data.dev { _ = try split.answers() }
    }
    let fitted = taskProtocol
    train = try data.train.map {
      try fitted.encode($0, for: .training, tokenizer: checkpoint.tokenizer, maximumLength: length)
    }
    let isExplicit = settings.command != .run && settings.maximumLength != nil
    scoringLength = fitted.scoresWholeTexts && !isExplicit ? checkpoint.shape.maximumLength : length
    let whole = scoringLength
    dev = try data.dev.map {
      try fitted.encode($0, for: .scoring, tokenizer: checkpoint.tokenizer, maximumLength: whole)
    }
    (self.settings, self.data, self.taskProtocol, self.checkpoint) = (settings, data, taskProtocol, checkpoint)
    maximumLength = length
  }

  /// Fits the protocol to the checkpoint's head. From a checkpoint fine-tuned on another task, training uses only the
  /// transformer and makes a new head; evaluation fails, because scores need a head that fits the task.
  ///
  /// - Returns: why a new head is made, or `nil`.
  private static func fit(
    _ taskProtocol: inout any TaskProtocol, to checkpoint: OpenedCheckpoint, _ settings: RunSettings
  ) throws -> String? {
    if settings.newHead, taskProtocol.head.isLanguageModel {
      throw TrainingError.badSetting(
        origin: "--new-head", key: "new_head", found: "it with the protocol \(taskProtocol.name)",
        expected: "it only with a head of the task's own, which a language model does not have")
    }
    guard let head = checkpoint.storedHead else { return nil }
    if settings.newHead { return "--new-head asks for it" }
    let reason = head.misfit(taskProtocol.head) ?? taskProtocol.adopt(head)
    if let reason, settings.command != .run {
      throw TrainingError.otherHead(model: checkpoint.path, reason: reason)
    }
    return reason
  }

  /// The maximum length from the settings, else from the checkpoint's presets for this task, else from the task's
  /// presets, else 128. A length from the settings must fit the model's positions; a preset is lowered to them.
  private static func maximumLength(
    _ settings: RunSettings, _ data: TaskData, _ checkpoint: OpenedCheckpoint, _ note: (String) -> Void
  ) throws(TrainingError) -> Int {
    let positions = checkpoint.shape.maximumLength
    guard positions >= 2 else {
      throw .badFile(
        path: checkpoint.path + "/config.json", reason: "its positions hold \(positions) token, expected at least 2")
    }
    if let length = settings.maximumLength {
      guard length <= positions else {
        throw .tooLong(maximumLength: length, positions: positions, model: checkpoint.name)
      }
      return length
    }
    let preset = data.presets.maximumLength ?? 128
    if let length = checkpoint.presets.maximumLength(task: data.name) {
      if length != preset {
        note("max-length \(length), as \(checkpoint.name) was fine-tuned with; the task's is \(preset)")
      }
      return min(length, positions)
    }
    if preset > positions { note("max-length \(preset) lowered to the model's \(positions) positions") }
    return min(preset, positions)
  }

  /// Says that a checkpoint's preset decides the number of epochs, not the task's.
  private static func epochsNote(
    _ settings: RunSettings, _ data: TaskData, _ checkpoint: OpenedCheckpoint
  ) -> String? {
    guard settings.epochs == nil, settings.maximumSteps == nil, let asked = data.presets.epochs,
      let preset = checkpoint.presets.epochs(task: data.name), preset != asked
    else { return nil }
    func text(_ number: Double) -> String { number == number.rounded() ? String(Int(number)) : String(number) }
    return
      "epochs \(text(preset)), as \(checkpoint.name)'s finetune.json says; the task's are \(text(asked)): --epochs decides"
  }

  /// Notes on the data that matter for judging a score: sample data, truncation, empty texts and limits.
  var dataNotes: [String] {
    var notes: [String] = []
    if data.source == .sample {
      notes.append(
        "data: the bundled sample of \(data.name), made by this project; a score on it is not a benchmark score")
    }
    for examples in [train].compactMap({ $0 }) + dev {
      let split = examples.record
      if split.truncated > 0 {
        let length =
          split.name == train?.data.split.name
          ? taskProtocol.keptTokens(of: maximumLength, for: .training)
          : taskProtocol.keptTokens(of: scoringLength, for: .scoring)
        notes.append("\(split.truncated) of \(split.examples) \(split.name) examples cut to \(length) tokens")
      }
      let empty = examples.data.examples.filter { $0.inputs.contains { !$0.hasText } }
      if let first = empty.first, let file = examples.data.files.first?.path {
        notes.append(
          "\(empty.count) of \(split.examples) \(split.name) examples have an empty text, the first at \(file):\(first.line)"
        )
      }
      if data.source == .files, let (found, official) = examples.data.unofficial {
        notes.append(
          "\(split.name): \(examples.data.files.first?.path ?? "its file") holds \(found) examples, the "
            + "official file \(official); a score on it is not the benchmark's")
      }
      notes += examples.data.honestyNotes(isSample: data.source == .sample)
      if split.examples < split.available {
        notes.append("\(split.name): the first \(split.examples) of \(split.available) examples only")
      }
      if let documents = split.documents {
        notes.append(
          "\(split.name): \(documents) documents, \(split.examples) sequences, \(split.tokens ?? 0) tokens")
      }
    }
    return notes + data.labelNotes
  }
}

extension TextInput {
  /// Whether each text holds more than white space.
  var hasText: Bool {
    [first, second ?? first].allSatisfy { text in text.contains { $0 > UInt8(ascii: " ") } }
  }
}
