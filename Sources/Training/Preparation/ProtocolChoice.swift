import Checkpoints
import Models
import Support
import Tasks

/// What is known of a checkpoint before its task is chosen. A fault of the checkpoint is left to ``OpenedCheckpoint``,
/// which reports it.
struct CheckpointGlance {
  let config: HuggingFaceConfig?
  let presets: CheckpointPresets?
  /// Whether the weights hold the output layer of a sequence classifier.
  let hasClassifier: Bool

  init(_ settings: RunSettings) {
    let path = SearchPath(.checkpoints).find(settings.model)
    let source = path.flatMap { try? CheckpointSource($0, base: settings.base) }
    config = source.flatMap { try? HuggingFaceConfig(path: $0.configFile) }
    presets = path.flatMap { try? CheckpointPresets(folder: $0) }
    let folder = source.flatMap { try? CheckpointFolder(path: $0.weights, needsWeights: true) }
    hasClassifier =
      folder.map { ((try? ModelRegistry.storedOutputs($0, adapter: source?.adapter)) ?? nil) != nil } ?? false
  }

  func supports(_ head: HeadKind) -> Bool {
    guard let config else { return true }
    return (try? ModelRegistry.supports(head, config)) ?? true
  }
}

extension BenchmarkTask {
  /// The protocol of a run or an evaluation: the one that is asked for, else the one that the model was trained with on
  /// this task, else the usual one for a task and model of their kinds.
  ///
  /// A decoder compares choices by likelihood, as it has no head for multiple choice. An evaluation of a language model
  /// that has no classifier compares the likelihood of the labels, where the task says how.
  ///
  /// - Throws: ``TaskError/noProtocol(task:name:known:)``.
  func protocolKind(_ settings: RunSettings, _ checkpoint: CheckpointGlance) throws(TaskError) -> ProtocolKind {
    if let asked = settings.taskProtocol {
      guard protocols.contains(asked) else {
        throw .noProtocol(task: name, name: asked.rawValue, known: protocols.map(\.rawValue))
      }
      return asked
    }
    if let trained = checkpoint.presets?.trainedFor, trained.task == name, trained.format == formatName,
      protocols.contains(trained.protocolKind)
    {
      return trained.protocolKind
    }
    let usual = protocols[0]
    guard protocols.contains(.likelihood), checkpoint.supports(.languageModel) else { return usual }
    if !checkpoint.supports(head(of: usual)) { return .likelihood }
    return settings.command != .run && !checkpoint.hasClassifier ? .likelihood : usual
  }

  /// The heads that a model for this task may have, the usual one first.
  ///
  /// - Throws: ``TaskError/noProtocol(task:name:known:)`` for a protocol that the task does not have.
  package func heads(_ asked: ProtocolKind?) throws(TaskError) -> [HeadKind] {
    guard let asked else { return protocols.map(head) }
    guard protocols.contains(asked) else {
      throw .noProtocol(task: name, name: asked.rawValue, known: protocols.map(\.rawValue))
    }
    return [head(of: asked)]
  }

  /// The head that a model has on its transformer under a protocol.
  package func head(of kind: ProtocolKind) -> HeadKind {
    switch kind {
    case .classification: .classification(labels: labels.count)
    case .regression: .regression
    case .span: .spanExtraction
    case .multipleChoice: .multipleChoice
    case .likelihood, .generation: .languageModel
    }
  }
}
