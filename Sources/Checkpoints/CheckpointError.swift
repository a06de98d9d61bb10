import Support

/// A checkpoint that cannot be used; the message names the file and the remedy.
package enum CheckpointError: UserError, JSONFileError, Equatable {
  case noSuchFolder(path: String)
  case missingFile(folder: String, file: String, remedy: String)
  /// A file of weights in the format that torch wrote before 1.6.
  case oldPickle(path: String)
  /// A pickle that refers to something else than tensors, e.g. `os.system`.
  case refusedGlobal(path: String, name: String)
  /// A file whose structure contradicts its contents, e.g. an offset past the end.
  case malformed(path: String, reason: String)
  case badField(path: String, key: String, found: String, expected: String)
  /// Tensors that the config requires and the file lacks, and tensors of the file that no parameter uses.
  case weights(path: String, missing: [String], unexpected: [String])
  case shape(path: String, name: String, found: [Int], expected: [Int])
  /// A weight that is NaN or infinite; `index` is the element's position in the tensor, from 0.
  case notFinite(path: String, name: String, index: Int, value: Float)
  case unsupported(path: String, what: String, found: String, expected: String)
  case wouldOverwrite(path: String)

  package var message: String {
    switch self {
    case .noSuchFolder(let path):
      return
        "\(path): no such checkpoint folder; expected a folder with config.json, weights and tokenizer files: "
        + "nothing is downloaded, and finetune list models shows what is here"
    case .missingFile(let folder, let file, let remedy):
      return "\(folder): \(file) is missing; \(remedy)"
    case .oldPickle(let path):
      return "\(path): is in the format that torch wrote before 1.6, or is another pickle, and is not read; "
        + "convert it once with: python3 -c \"import torch; from safetensors.torch import save_file; "
        + "save_file({k: v.clone() for k, v in torch.load('\(path)', 'cpu', weights_only=True).items()}, "
        + "'model.safetensors', {'format': 'pt'})\""
    case .refusedGlobal(let path, let name):
      return "\(path): its pickle refers to \(name), which no state dict needs; nothing of it was run: "
        + "use weights from a source that you trust, or save the model's state_dict() alone"
    case .malformed(let path, let reason):
      return "\(path): \(reason); the file is damaged or is not what its name says: fetch it again"
    case .badField(let path, let key, let found, let expected):
      return "\(path): key \(key): found \(found), expected \(expected)"
    case .weights(let path, let missing, let unexpected):
      var parts: [String] = []
      if !missing.isEmpty { parts.append("missing \(CheckpointError.list(missing))") }
      if !unexpected.isEmpty { parts.append("unexpected \(CheckpointError.list(unexpected))") }
      return "\(path): the weights do not fit config.json: \(parts.joined(separator: "; ")); "
        + "check that both files belong to the same model"
    case .shape(let path, let name, let found, let expected):
      return "\(path): tensor \(name): found shape \(found), expected \(expected) from config.json"
    case .notFinite(let path, let name, let index, let value):
      return
        "\(path): tensor \(name): element \(index) is \(value), expected finite numbers; the weights were damaged or "
        + "overflowed when they were saved: use another copy, or one of higher precision"
    case .unsupported(let path, let what, let found, let expected):
      return "\(path): \(what) \(found) is not supported; expected \(expected)"
    case .wouldOverwrite(let path):
      return "\(path): already exists and is not empty; choose another folder"
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .noSuchFolder, .missingFile: .missingInput
    case .wouldOverwrite: .cannotCreate
    default: .badInput
    }
  }

  /// The key of a config that the error is about; the first of several for a key in an object of its own.
  package var configKey: String? {
    switch self {
    case .badField(_, let key, _, _): return key.split(whereSeparator: { ".[".contains($0) }).first.map(String.init)
    case .unsupported(_, let what, _, _) where what.hasPrefix("key ") && what.hasSuffix(":"):
      return what.dropFirst(4).dropLast().split(whereSeparator: { ".[".contains($0) }).first.map(String.init)
    default: return nil
    }
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(8).joined(separator: ", ")
    return names.count > 8 ? "\(names.count) tensors (\(shown), …)" : shown
  }
}
