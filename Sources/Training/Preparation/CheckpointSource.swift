import Checkpoints
import Models
import Support
import Tokenization

/// Where a checkpoint's parts lie. Those of an adapter are in its own folder and in that of the checkpoint it belongs to.
struct CheckpointSource {
  /// The folder that the user named.
  let path: String
  /// The adapters in it; `nil` for a checkpoint that is whole.
  let adapter: AdapterFolder?
  /// The folder of the weights that adapters are beside; ``path`` where there are none.
  let weights: String

  /// - Parameters:
  ///   - path: the folder of a checkpoint or of adapters.
  ///   - base: the checkpoint that the adapters belong to; `nil` for the one that they name.
  /// - Throws: ``CheckpointError``, `FileError`, or ``TrainingError/badSetting(origin:key:found:expected:)``.
  init(_ path: String, base: String?) throws {
    self.path = path
    guard AdapterFolder.exists(at: path) else {
      guard base == nil else {
        throw TrainingError.badSetting(
          origin: "--base", key: "base", found: "it beside \(path), which holds no adapter",
          expected: "--model to name a folder with \(AdapterFolder.configFile)")
      }
      (adapter, weights) = (nil, path)
      return
    }
    let adapter = try AdapterFolder(path: path)
    self.adapter = adapter
    if let base {
      guard let found = SearchPath(.checkpoints).find(base) else { throw CheckpointError.noSuchFolder(path: base) }
      weights = found
    } else {
      guard let name = adapter.base, let found = SearchPath(.checkpoints).find(name) else {
        throw CheckpointError.unsupported(
          path: path + "/" + AdapterFolder.configFile, what: "base_model_name_or_path:",
          found: adapter.base ?? "nothing",
          expected: "a folder that is there; --base names it")
      }
      weights = found
    }
    guard !AdapterFolder.exists(at: weights) else {
      throw CheckpointError.unsupported(
        path: weights, what: "as the base of an adapter", found: "an adapter",
        expected: "a whole checkpoint; finetune merge makes one")
    }
  }

  /// The config that names the labels: the adapter's where it has one.
  var configFile: String { folder(holding: ["config.json"]) + "/config.json" }

  /// The folder of the tokenizer: that of the adapter where it has a vocabulary.
  var tokenizerFolder: String {
    let others = ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "chat_template.jinja"]
    return folder(holding: TokenizerFiles.names.filter { !others.contains($0) })
  }

  /// The folder that a file is read from: that of the adapter where it has such a file.
  func folder(holding names: [String]) -> String {
    names.contains { Files.exists(path + "/" + $0) } ? path : weights
  }
}
