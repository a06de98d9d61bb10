import Checkpoints
import Memory
import Models
import Support
import Tasks
import Tensors
import Tokenization

/// What running, pretraining and evaluating have in common: data read, checkpoint opened, examples encoded; all but the
/// weights, so that whatever is wrong is told before anything large is loaded.
struct Preparation {
  let settings: RunSettings
  let data: TaskData
  /// Fitted to the checkpoint's head.
  let taskProtocol: any TaskProtocol
  let checkpoint: OpenedCheckpoint
  /// Why a new output layer is made in place of the checkpoint's.
  let newHead: String?
  let maximumLength: Int
  /// `nil` where only scores are wanted.
  let train: (any EncodedExamples)?
  let dev: [any EncodedExamples]

  /// - Parameter note: hears what the user should know.
  /// - Throws: whatever is wrong with settings, data or checkpoint.
  init(_ settings: RunSettings, note: (String) -> Void) throws {
    ThreadPool.shared.configure(threads: settings.threadCount)
    try ProgramMemory.requireAddressSpace()
    if let text = settings.task.flatMap({ SearchPath(.tasks).note(on: $0) }) { note("task " + text) }
    if let text = SearchPath(.checkpoints).note(on: settings.model) { note("model " + text) }
    let data = try TaskData(settings)
    var taskProtocol = data.taskProtocol
    let checkpoint = try OpenedCheckpoint(settings, head: taskProtocol.head)
    newHead = try Preparation.fit(&taskProtocol, to: checkpoint, settings)
    let length = try Preparation.maximumLength(settings, data, checkpoint, note)
    func encode(_ split: SplitData) throws -> any EncodedExamples {
      try taskProtocol.encode(split, tokenizer: checkpoint.tokenizer, maximumLength: length)
    }
    (train, dev) = (try data.train.map(encode), try data.dev.map(encode))
    (self.settings, self.data, self.taskProtocol, self.checkpoint) = (settings, data, taskProtocol, checkpoint)
    maximumLength = length
  }

  /// A checkpoint that was fine-tuned on another task gives its transformer, and a new head is made; to score it, its
  /// own head must be the task's.
  private static func fit(
    _ taskProtocol: inout any TaskProtocol, to checkpoint: OpenedCheckpoint, _ settings: RunSettings
  ) throws -> String? {
    guard let head = checkpoint.storedHead else { return nil }
    if settings.newHead { return "--new-head asks for it" }
    let reason = taskProtocol.adopt(head)
    if let reason, settings.command == .evaluate {
      throw TrainingError.otherHead(model: checkpoint.path, reason: reason)
    }
    return reason
  }

  /// The length asked for, which must fit the model; else what the checkpoint was fine-tuned with on this task; else the
  /// task's preset, lowered to what fits.
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

  /// What the user should know of the data before a score is believed.
  var dataNotes: [String] {
    var notes: [String] = []
    if data.source == .sample {
      notes.append(
        "data: the bundled sample of \(data.name), made by this project; a score on it is not a benchmark score")
    }
    for examples in [train].compactMap({ $0 }) + dev {
      let split = examples.record
      if split.truncated > 0 {
        notes.append("\(split.truncated) of \(split.examples) \(split.name) examples cut to \(maximumLength) tokens")
      }
      let empty = examples.data.examples.filter { $0.inputs.contains { !$0.hasText } }
      if let first = empty.first, let file = examples.data.files.first?.path {
        notes.append(
          "\(empty.count) of \(split.examples) \(split.name) examples have an empty text, the first at \(file):\(first.line)"
        )
      }
      if split.examples < split.available {
        notes.append("\(split.name): the first \(split.examples) of \(split.available) examples only")
      }
      if let documents = split.documents {
        notes.append(
          "\(split.name): \(documents) documents, \(split.examples) sequences, \(split.tokens ?? 0) tokens")
      }
    }
    return notes
  }
}

extension TextInput {
  /// Whether each of its texts has more than white space.
  fileprivate var hasText: Bool {
    [first, second ?? first].allSatisfy { text in text.contains { $0 > UInt8(ascii: " ") } }
  }
}
