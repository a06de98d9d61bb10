import Foundation
import Support
import Tensors

/// A Hugging Face style folder: `config.json`, one or more files of weights, and tokenizer files.
package final class CheckpointFolder {
  package let path: String
  package let config: HuggingFaceConfig
  /// Full paths of the weight files, sorted by name.
  package let weightFiles: [String]
  private let files: [any WeightFile]
  private var owner: [ByteString: Int] = [:]

  /// Reads `config.json` and, when `needsWeights`, what the weight files say that they hold.
  ///
  /// - Throws: ``CheckpointError`` or ``FileError`` naming what is missing or wrong.
  package convenience init(path: String, needsWeights: Bool = true) throws {
    let config = try CheckpointFolder.config(in: path)
    try self.init(path: path, config: config, files: needsWeights ? CheckpointFolder.openWeights(in: path) : [])
  }

  /// - Parameter files: the opened weight files.
  /// - Throws: ``CheckpointError/malformed(path:reason:)`` for a tensor that is in two of them.
  package init(path: String, config: HuggingFaceConfig, files: [any WeightFile]) throws(CheckpointError) {
    (self.path, self.config, self.files) = (path, config, files)
    weightFiles = files.map(\.path)
    for (number, file) in files.enumerated() {
      for entry in file.entries {
        guard owner.updateValue(number, forKey: ByteString(entry.name)) == nil else {
          throw .malformed(path: file.path, reason: "tensor \(entry.name) is in another shard too")
        }
      }
    }
  }

  /// The `config.json` of a folder.
  package static func config(in folder: String) throws -> HuggingFaceConfig {
    guard Files.isFolder(folder) else { throw CheckpointError.noSuchFolder(path: folder) }
    guard Files.exists(folder + "/config.json") else {
      throw CheckpointError.missingFile(
        folder: folder, file: "config.json", remedy: "a checkpoint folder needs the config its weights were saved with")
    }
    return try HuggingFaceConfig(path: folder + "/config.json")
  }

  /// The names of files that hold weights or say which files do. Where a folder has several, the first is read, as in
  /// transformers.
  package static let weightNames = [
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
  ]

  /// The first of ``weightNames`` that a folder has.
  package static func weightName(in folder: String) -> String? {
    weightNames.first { Files.exists(folder + "/" + $0) }
  }

  /// The weight files of a folder, opened.
  package static func openWeights(in folder: String) throws -> [any WeightFile] {
    guard let name = weightName(in: folder) else {
      throw CheckpointError.missingFile(
        folder: folder, file: weightNames[0],
        remedy: "expected the weights in it, or in one of "
          + weightNames.dropFirst().joined(separator: ", "))
    }
    guard name.hasSuffix(".index.json") else { return [try WeightFiles.open(folder + "/" + name)] }
    let index = try ShardIndex(path: folder + "/" + name)
    for file in index.files where !Files.exists(folder + "/" + file) {
      throw CheckpointError.missingFile(folder: folder, file: file, remedy: "\(name) names it")
    }
    return try index.files.map { file in
      let opened = try WeightFiles.open(folder + "/" + file)
      let missing = index.tensors(of: file).filter { opened.entry($0) == nil }
      guard missing.isEmpty else {
        throw CheckpointError.weights(path: opened.path, missing: missing, unexpected: [])
      }
      return opened
    }
  }

  /// The entries of all tensors of all shards.
  package var entries: [WeightEntry] { files.flatMap(\.entries) }

  /// Reads a tensor as Float into `destination`, whose shape must match.
  ///
  /// - Throws: ``CheckpointError`` when the tensor is absent, has another type or shape, or holds a non-finite number.
  package func read(_ name: String, into destination: Tensor) throws(CheckpointError) {
    try file(of: name).read(name, into: destination, finite: true)
  }

  /// A tensor that uses the mapped file where possible, as ``WeightFile/mapped(_:shape:finite:)`` does.
  package func mapped(_ name: String, shape: [Int]) throws(CheckpointError) -> Tensor {
    try file(of: name).mapped(name, shape: shape)
  }

  private func file(of name: String) throws(CheckpointError) -> any WeightFile {
    guard let file = owner[ByteString(name)] else { throw .weights(path: path, missing: [name], unexpected: []) }
    return files[file]
  }
}
