import Support
import Tensors

/// Every option of `run` and `pretrain`, before presets fill what was not given.
public struct RunSettings: Sendable {
  public enum Command: Sendable {
    case run
    case pretrain
  }

  public enum EvaluationInterval: Sendable, Equatable {
    case epoch
    case steps(Int)
  }

  public enum SavePolicy: String, CaseIterable, Sendable {
    case none
    case last
    case best
  }

  public let command: Command
  /// What was given, by key, as text; each key once, its last value.
  public internal(set) var given: [(key: String, text: String)] = []
  public var pretraining = PretrainingSettings()
  public var task: String?
  public var model = "demo"
  public var data: String?
  public var optimizer = "adamw"
  public var optimizerOptions: [(key: String, value: String)] = []
  public var learningRate: Double?
  /// Where the rate came from: `flag` or `config`; presets are recorded when they are applied.
  public var learningRateSource: String?
  public var schedule = Schedule.Shape.linear
  public var warmupRatio = 0.06
  public var warmupSteps: Int?
  public var batchSize = 32
  public var accumulate = 1
  public var epochs: Double?
  public var maximumSteps: Int?
  public var maximumLength: Int?
  public var weightDecay = 0.0
  public var gradientClip = 1.0
  public var dropout: Double?
  public var randomInit = false
  public var seed: UInt64 = 42
  public var noShuffle = false
  public var threads: Int?
  public var trainLimit: Int?
  public var evaluationLimit: Int?
  public var evaluateEvery = EvaluationInterval.epoch
  public var capture: CaptureSetting?
  public var output: String?
  public var overwrite = false
  /// Run even what the plan says cannot fit in memory.
  public var force = false
  public var save = SavePolicy.best
  public var quiet = false
  public var json = false

  public init(_ command: Command = .run) { self.command = command }

  /// Threads to use: what was asked for, else every processor.
  public var threadCount: Int { threads ?? ThreadPool.availableProcessors }
}

/// The options that only `pretrain` has.
public struct PretrainingSettings: Sendable {
  /// What ends a document of the text.
  public enum Documents: String, CaseIterable, Sendable {
    case line
    case blankLine = "blank-line"
  }

  /// How documents become sequences.
  public enum Packing: String, CaseIterable, Sendable {
    /// Each document is a sequence of its own; attention never crosses documents.
    case documents
    /// Documents are joined and cut into blocks of the maximum length, as GPT-2's pretraining does.
    case blocks
  }

  public var text: String?
  public var tokenizer: String?
  public var documents = Documents.line
  public var packing = Packing.documents
  /// Share of the documents that is not trained on.
  public var heldOut = 0.02
  public var vocabularySize: Int?
}
