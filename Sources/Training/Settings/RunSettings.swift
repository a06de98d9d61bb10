import Support
import Tensors

/// Every option of `run`, before presets fill what was not given.
public struct RunSettings: Sendable {
  public enum EvaluationInterval: Sendable, Equatable {
    case epoch
    case steps(Int)
  }

  public enum SavePolicy: String, CaseIterable, Sendable {
    case none
    case last
    case best
  }

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
  public var output: String?
  public var overwrite = false
  public var save = SavePolicy.best
  public var quiet = false
  public var json = false

  public init() {}

  /// Threads to use: what was asked for, else every processor.
  public var threadCount: Int { threads ?? ThreadPool.availableProcessors }
}
