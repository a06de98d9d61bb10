import Checkpoints
import Foundation
import Memory
import Models
import Support
import Tasks
import Tokenization

/// A checkpoint folder opened for one task: all but the weights.
struct OpenedCheckpoint {
  let folder: CheckpointFolder
  let name: String
  let tokenizer: any Tokenizer
  let shape: ModelShape

  /// - Parameter model: a folder, or a name under `checkpoints/`.
  /// - Throws: ``CheckpointError``, ``TokenizerError`` or ``TrainingError`` saying what does not fit.
  init(model name: String, task: BenchmarkTask, needsWeights: Bool) throws {
    guard let path = SearchPath(kind: "checkpoints").find(name) else { throw CheckpointError.noSuchFolder(path: name) }
    folder = try CheckpointFolder(path: path, needsWeights: needsWeights)
    self.name = URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
    tokenizer = try TokenizerLoader.load(folder: path)
    shape = try ModelShape(folder.config, head: .classification(labels: task.labels.count), name: self.name)
    guard tokenizer.vocabularySize <= shape.vocabularySize else {
      throw TrainingError.vocabularyTooSmall(
        model: path, size: shape.vocabularySize, tokenizer: tokenizer.vocabularySize)
    }
  }
}

/// A checkpoint with its weights: model, tokenizer, and which column of its head is which class.
package struct LoadedCheckpoint {
  package let folder: CheckpointFolder
  package let name: String
  package let model: any Model
  package let tokenizer: any Tokenizer
  package let report: WeightReport
  /// The model's column of each class of the task.
  package let columns: [Int]

  /// - Parameters:
  ///   - model: a folder, or a name under `checkpoints/`.
  ///   - mustHaveHead: the classifier must come from the checkpoint: for evaluation.
  /// - Throws: ``CheckpointError``, ``TokenizerError`` or ``TrainingError`` saying what does not fit.
  package init(
    model name: String, task: BenchmarkTask, dropout: Double? = nil, seed: UInt64 = 0, randomInit: Bool = false,
    mustHaveHead: Bool = false
  ) throws {
    try self.init(
      OpenedCheckpoint(model: name, task: task, needsWeights: !randomInit), task: task, dropout: dropout, seed: seed,
      randomInit: randomInit, mustHaveHead: mustHaveHead)
  }

  /// Loads the weights.
  init(
    _ opened: OpenedCheckpoint, task: BenchmarkTask, dropout: Double? = nil, seed: UInt64 = 0, randomInit: Bool = false,
    mustHaveHead: Bool = false
  ) throws {
    (folder, name, tokenizer) = (opened.folder, opened.name, opened.tokenizer)
    let path = folder.path
    (model, report) = try ModelRegistry.load(
      folder, head: opened.shape.head, dropout: dropout, seed: seed, randomInit: randomInit)
    if mustHaveHead, !report.created.isEmpty {
      throw TrainingError.noTrainedHead(model: path, missing: report.created)
    }
    let hasHead = !randomInit && report.created.isEmpty
    columns = try LoadedCheckpoint.columns(of: hasHead ? folder.config.labels() : nil, for: task.labels, model: path)
  }

  /// Labels are matched by name: a head trained with another order must not have its classes swapped.
  private static func columns(of found: [String]?, for expected: [String], model: String) throws(TrainingError) -> [Int]
  {
    guard let found, found != (0..<found.count).map({ "LABEL_\($0)" }) else { return Array(expected.indices) }
    let positions = expected.compactMap { found.firstIndex(of: $0) }
    guard positions.count == expected.count, found.count == expected.count else {
      throw .labels(model: model, found: found, expected: expected)
    }
    return positions
  }

  /// Saves the model with the task's labels, in the order of its columns.
  package func save(to path: String, task: BenchmarkTask) throws {
    var labels = task.labels
    for (position, column) in columns.enumerated() { labels[column] = task.labels[position] }
    try CheckpointWriter.save(
      config: folder.config.saved(
        architecture: model.architecture, labels: labels, problemType: "single_label_classification"),
      tensors: model.parameters.map { ($0.name, $0.value) }, tokenizerFiles: TokenizerFiles.names, from: folder.path,
      to: path)
  }
}
