import Checkpoints
import Memory
import Models
import Support
import Tensors
import Tokenization

/// Adds adapters to the weights of the checkpoint that they belong to: W becomes W + scaling · B A.
package enum AdapterMerge {
  /// Writes a whole checkpoint, which `--model` and transformers load without the adapters.
  ///
  /// - Parameters:
  ///   - model: the folder of the adapters.
  ///   - base: the checkpoint that they belong to; `nil` for the one that they name.
  ///   - output: a folder that does not exist or is empty.
  /// - Throws: `CheckpointError`, `FileError` or ``TrainingError``.
  package static func merge(_ model: String, base: String?, to output: String) throws {
    let source = try CheckpointSource(OpenedCheckpoint.locate(model), base: base)
    guard let adapter = source.adapter else {
      throw TrainingError.badSetting(
        origin: "--model", key: "model", found: "\(model), which holds no adapter",
        expected: "a folder with \(AdapterFolder.configFile)")
    }
    if Files.exists(output) {
      guard Files.isFolder(output), try Files.entries(output).isEmpty else {
        throw FileError.cannotCreate(path: output, reason: "it exists; choose another name")
      }
    }
    let folder = try CheckpointFolder(path: source.weights)
    let config = try HuggingFaceConfig(path: source.configFile)
    let head = try adapter.head(config, folder.config)
    let (merged, report) = try ModelRegistry.load(
      folder, head: head, dropout: 0, seed: 0, adapter: adapter.adapter, trained: adapter)
    guard report.created.isEmpty else {
      throw TrainingError.noTrainedHead(
        model: adapter.path, missing: report.created, remedy: "the adapter was trained with another head")
    }
    try adapter.adapter.merge(merged.parameters, path: adapter.path)
    var labels = try config.labels()
    if case .classification(let count) = head, labels?.count != count {
      // The names of the base are of another head.
      labels = (0..<count).map { "LABEL_\($0)" }
    }
    let saved = config.saved(
      architecture: merged.architecture, labels: labels, problemType: config.json["problem_type"]?.string)
    let tokenizer = source.tokenizerFolder
    try CheckpointWriter.save(
      config: saved, tensors: merged.parameters.filter { !$0.layout.isAdapter }.map { ($0.name, $0.stored) },
      tokenizerFiles: TokenizerFiles.names, from: tokenizer,
      generationConfig: source.folder(holding: ["generation_config.json"]),
      to: output)
    // The tasks and lengths that the adapters were trained with hold for the merged checkpoint too.
    let presets = adapter.path + "/" + CheckpointPresets.file
    if Files.exists(presets) {
      try Files.writeAtomically(output + "/" + CheckpointPresets.file, Files.read(presets, limit: 1 << 20))
    }
  }
}
