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
    let bytes = try Files.read(path, limit: 64 << 20)
    let json: JSON
    do throws(JSONParseError) { json = try JSON.parse(bytes) } catch {
      throw CheckpointError.malformed(path: path, reason: error.description)
    }
    guard let map = json["weight_map"]?.object else {
      throw CheckpointError.badField(
        path: path, key: "weight_map", found: json["weight_map"]?.summary ?? "nothing", expected: "an object")
    }
    var tensorsByFile: [String: [String]] = [:]
    for member in map.members {
      guard let name = member.value.string, !name.isEmpty, !name.contains("/"), name != "..", !name.contains("\0")
      else {
        throw CheckpointError.badField(
          path: path, key: "weight_map.\(member.key)", found: member.value.summary,
          expected: "the name of a file in the same folder")
      }
      tensorsByFile[name, default: []].append(member.key.description)
    }
    self.tensorsByFile = tensorsByFile
    files = tensorsByFile.keys.sorted()
  }

  func tensors(of file: String) -> [String] { tensorsByFile[file] ?? [] }
}
