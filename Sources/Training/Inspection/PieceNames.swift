import Support

/// The entries of a tokenizer's vocabulary as its files write them, e.g. `##ing` or `Ġthe`.
struct PieceNames {
  private var names: [Int: ByteString] = [:]

  /// Reads what the folder has of tokenizer.json, vocab.txt and vocab.json, and the tokens that were added. A
  /// SentencePiece model is not read, and files that are wrong are left to the tokenizer, which has said so.
  init(folder: String) {
    func json(_ name: String) -> JSON? {
      let path = folder + "/" + name
      guard Files.exists(path), let bytes = try? Files.read(path, limit: 1 << 28) else { return nil }
      return try? JSON.parse(bytes)
    }
    let whole = json("tokenizer.json")
    switch whole?["model"]?["vocab"] {
    case .object(let vocabulary)?: add(vocabulary)
    case .array(let pieces)?:
      for (id, piece) in pieces.enumerated() { names[id] = piece.array?.first?.bytes }
    default:
      if let vocabulary = json("vocab.json")?.object {
        add(vocabulary)
      } else if let lines = try? Files.read(folder + "/vocab.txt", limit: 1 << 28) {
        for (id, line) in lines.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
          names[id] = ByteString(bytes: line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
        }
      }
    }
    if let added = json("added_tokens.json")?.object { add(added) }
    for token in whole?["added_tokens"]?.array ?? [] {
      if let id = token["id"]?.integer { names[id] = token["content"]?.bytes }
    }
    for member in json("tokenizer_config.json")?["added_tokens_decoder"]?.object?.members ?? [] {
      if let id = Int(member.key.description) { names[id] = member.value["content"]?.bytes }
    }
  }

  private mutating func add(_ vocabulary: JSONObject) {
    for member in vocabulary.members {
      if let id = member.value.integer { names[id] = member.key }
    }
  }

  /// `nil` for an id that no file names.
  subscript(id: Int32) -> ByteString? { names[Int(id)] }
}
