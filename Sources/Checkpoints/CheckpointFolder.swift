import Foundation
import Support
import Tensors

/// A Hugging Face style folder: `config.json`, one or more safetensors files, and tokenizer files.
package final class CheckpointFolder {
  package let path: String
  package let config: HuggingFaceConfig
  /// Full paths of the weight files, sorted by name.
  package let weightFiles: [String]
  private var files: [SafetensorsFile] = []
  private var owner: [ByteString: Int] = [:]

  /// Reads `config.json` and, when `needsWeights`, the headers of the weight files.
  ///
  /// - Throws: ``CheckpointError`` or ``FileError`` naming what is missing or wrong.
  package init(path: String, needsWeights: Bool = true) throws {
    self.path = path
    guard Files.isFolder(path) else {
      throw CheckpointError.noSuchFolder(path: path)
    }
    guard Files.exists(path + "/config.json") else {
      throw CheckpointError.missingFile(
        folder: path, file: "config.json", remedy: "a checkpoint folder needs the config its weights were saved with")
    }
    config = try HuggingFaceConfig(path: path + "/config.json")
    weightFiles = needsWeights ? try CheckpointFolder.findWeights(in: path) : []
    for file in weightFiles {
      let opened = try SafetensorsFile(path: file)
      for entry in opened.entries {
        guard owner.updateValue(files.count, forKey: ByteString(entry.name)) == nil else {
          throw CheckpointError.malformed(path: file, reason: "tensor \(entry.name) is in another shard too")
        }
      }
      files.append(opened)
    }
  }

  /// File names that show that a folder holds weights.
  package static let weightNames = [
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
  ]

  private static func findWeights(in folder: String) throws -> [String] {
    func exists(_ name: String) -> Bool { Files.exists(folder + "/" + name) }
    if exists("model.safetensors") { return [folder + "/model.safetensors"] }
    let indexPath = folder + "/model.safetensors.index.json"
    guard exists("model.safetensors.index.json") else {
      if exists("pytorch_model.bin") || exists("pytorch_model.bin.index.json") {
        throw CheckpointError.pickled(path: folder)
      }
      throw CheckpointError.missingFile(
        folder: folder, file: "model.safetensors",
        remedy: "expected the weights in it or in model.safetensors.index.json")
    }
    let index = try ShardIndex(path: indexPath)
    for name in index.files where !exists(name) {
      throw CheckpointError.missingFile(folder: folder, file: name, remedy: "model.safetensors.index.json names it")
    }
    for name in index.files {
      let opened = try SafetensorsFile(path: folder + "/" + name)
      for tensor in index.tensors(of: name) where opened.entry(tensor) == nil {
        throw CheckpointError.weights(path: opened.path, missing: [tensor], unexpected: [])
      }
    }
    return index.files.map { folder + "/" + $0 }
  }

  /// The entries of all tensors of all shards.
  package var entries: [SafetensorsEntry] { files.flatMap(\.entries) }

  /// Reads a tensor as Float into `destination`, whose shape must match.
  ///
  /// - Throws: ``CheckpointError`` when the tensor is absent, has another type or shape, or holds a non-finite number.
  package func read(_ name: String, into destination: Tensor) throws(CheckpointError) {
    try file(of: name).read(name, into: destination, finite: true)
  }

  /// A tensor that uses the mapped file where possible, as ``SafetensorsFile/mapped(_:shape:)`` does.
  package func mapped(_ name: String, shape: [Int]) throws(CheckpointError) -> Tensor {
    try file(of: name).mapped(name, shape: shape)
  }

  private func file(of name: String) throws(CheckpointError) -> SafetensorsFile {
    guard let file = owner[ByteString(name)] else { throw .weights(path: path, missing: [name], unexpected: []) }
    return files[file]
  }
}
