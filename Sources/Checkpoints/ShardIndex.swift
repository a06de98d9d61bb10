import Support

/// `model.safetensors.index.json`, which maps each tensor to its file in the folder. Example:
///
///     {"weight_map": {"wte.weight": "model-00001-of-00002.safetensors"}}
struct ShardIndex {
  /// The names of the files, sorted.
  let files: [String]
  private let tensorsByFile: [String: [String]]

  /// - Throws: ``FileError``, or ``CheckpointError`` when the file is not an index or names a file outside its folder.
  init(path: String) throws {
    let map = try JSONField<CheckpointError>(file: path, limit: 64 << 20)["weight_map"]
    let file = JSONKind("the name of a file in the same folder") { json in
      json.string.flatMap { $0.isEmpty || $0.contains("/") || $0 == ".." || $0.contains("\0") ? nil : $0 }
    }
    var tensorsByFile: [String: [String]] = [:]
    for (tensor, name) in try map.members(file) { tensorsByFile[name, default: []].append(tensor.description) }
    self.tensorsByFile = tensorsByFile
    files = tensorsByFile.keys.sorted()
  }

  func tensors(of file: String) -> [String] { tensorsByFile[file] ?? [] }
}
