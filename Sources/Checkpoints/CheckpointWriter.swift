import Support
import Tensors

/// Saves a model as a folder that `--model` and transformers can load.
package enum CheckpointWriter {
  /// Writes `config.json`, `model.safetensors`, and copies of the tokenizer files that `source` has.
  ///
  /// Each file is replaced atomically, the weights last, so that a folder saved before stays loadable.
  ///
  /// - Parameter generationConfig: a folder whose `generation_config.json` is copied, if it has one, so that the saved
  ///   model keeps the stop tokens of the original.
  /// - Throws: ``FileError`` when the folder or a file cannot be written.
  package static func save(
    config: HuggingFaceConfig, tensors: [(name: String, tensor: AnyTensor)], tokenizerFiles: [String],
    from source: String,
    generationConfig: String? = nil, to folder: String
  ) throws {
    try saveAround(
      config: config, tokenizerFiles: tokenizerFiles, from: source, generationConfig: generationConfig, to: folder)
    try SafetensorsWriter.write(tensors, to: folder + "/model.safetensors")
  }

  /// Writes what ``save(config:tensors:tokenizerFiles:from:generationConfig:to:)`` does, but for the weights.
  package static func saveAround(
    config: HuggingFaceConfig, tokenizerFiles: [String], from source: String, generationConfig: String? = nil,
    to folder: String
  ) throws {
    try Files.makeFolders(folder)
    let copied =
      tokenizerFiles.map { (name: $0, from: source + "/" + $0) }
      + (generationConfig.map { [("generation_config.json", $0 + "/generation_config.json")] } ?? [])
    for (name, from) in copied where Files.exists(from) {
      try Files.writeAtomically(folder + "/" + name, Files.read(from))
    }
    try Files.writeAtomically(folder + "/config.json", config.serialized())
  }
}
