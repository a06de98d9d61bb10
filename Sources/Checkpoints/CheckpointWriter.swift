import Support
import Tensors

/// Saves a model as a folder that `--model` and transformers load.
public enum CheckpointWriter {
  /// Writes `config.json`, `model.safetensors`, and copies of the tokenizer files that `source` has.
  ///
  /// Each file replaces its predecessor atomically, the weights last, so that a folder saved before stays loadable.
  /// - Throws: ``FileError`` when the folder or a file cannot be written.
  public static func save(
    config: HuggingFaceConfig, tensors: [(name: String, tensor: Tensor)], tokenizerFiles: [String], from source: String,
    to folder: String
  ) throws {
    try Files.makeFolders(folder)
    for name in tokenizerFiles {
      let from = source + "/" + name
      guard Files.exists(from) else { continue }
      try Files.writeAtomically(folder + "/" + name, Files.read(from))
    }
    try Files.writeAtomically(folder + "/config.json", config.serialized())
    try SafetensorsWriter.write(tensors, to: folder + "/model.safetensors")
  }
}
