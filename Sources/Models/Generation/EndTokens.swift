import Checkpoints
import Support

extension CheckpointFolder {
  /// The ids that end a text, from `eos_token_id` in `generation_config.json` or else in `config.json`. The key holds
  /// one id or a list, e.g. `2` or `[2, 32000]`.
  ///
  /// - Throws: ``CheckpointError`` or ``FileError`` for a file that cannot be read or holds something else.
  package func endTokens() throws -> Set<Int32> {
    let own = path + "/generation_config.json"
    if Files.exists(own), let found = try HuggingFaceConfig(path: own).endTokens() {
      return found
    }
    return try config.endTokens() ?? []
  }
}

extension HuggingFaceConfig {
  /// `nil` when the key is absent or null.
  fileprivate func endTokens() throws(CheckpointError) -> Set<Int32>? {
    guard let found = json["eos_token_id"], !found.isNull else { return nil }
    let ids = (found.array ?? [found]).map { $0.integer.flatMap(Int32.init(exactly:)) }
    guard ids.allSatisfy({ ($0 ?? -1) >= 0 }) else {
      throw .badField(path: path, key: "eos_token_id", found: found.summary, expected: "a token id or a list of them")
    }
    return Set(ids.compactMap { $0 })
  }
}
