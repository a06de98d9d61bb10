import Checkpoints
import Support
import Tokenization

/// A checkpoint's tokenizer.
package struct InspectedTokenizer {
  package let folder: String
  /// The class in transformers that the folder names.
  package let className: String?
  /// What the program reads it as, e.g. `WordPiece`.
  package let kind: String
  /// The largest id that it makes, plus 1.
  package let vocabularySize: Int
  /// The tokens with a role, in one order for all tokenizers.
  package let special: [(role: String, id: Int32, token: String?)]
  /// One text with the special tokens around it, e.g. `[CLS] A [SEP]`.
  package let template: String
  private let tokenizer: any Tokenizer
  private let names: PieceNames

  init(folder: String) throws {
    self.folder = folder
    tokenizer = try TokenizerLoader.load(folder: folder)
    names = PieceNames(folder: folder)
    let settings = try? HuggingFaceConfig(path: folder + "/tokenizer_config.json")
    className = settings?.json["tokenizer_class"]?.string
    let type = String(describing: Swift.type(of: tokenizer))
    kind = type.hasSuffix("Tokenizer") ? String(type.dropLast("Tokenizer".count)) : type
    vocabularySize = tokenizer.vocabularySize
    let roles = tokenizer.special
    let ids: [(String, Int32?)] = [
      ("bos", roles.bos), ("eos", roles.eos), ("unk", roles.unk), ("sep", roles.sep), ("pad", roles.pad),
      ("cls", roles.cls), ("mask", roles.mask),
    ]
    let named = names
    special = ids.compactMap { role, id in
      guard let id else { return nil }
      let setting = settings?.json["\(role)_token"]
      return (role, id, named[id]?.description ?? setting?.string ?? setting?["content"]?.string)
    }
    let tokens = special
    template = tokenizer.template.single.map { part in
      switch part {
      case .sequence: "A"
      case .special(let id, _): named[id]?.description ?? tokens.first { $0.id == id }?.token ?? "\(id)"
      }
    }.joined(separator: " ")
  }

  /// The rows that the model's embedding needs.
  var rowsNeeded: Int { tokenizer.rowsNeeded }

  /// One token of a text.
  package struct Piece {
    package let id: Int32
    /// The entry of the vocabulary; the decoded token where no file writes the entries.
    package let piece: String
    /// The bytes of the text that it covers; `nil` for a special token.
    package let range: Range<Int>?
  }

  /// The tokens of a text as a model reads it, with the special tokens.
  ///
  /// - Throws: `TokenizerError` for a text that is not valid UTF-8.
  package func pieces(_ text: [UInt8]) throws -> [Piece] {
    let encoding = try tokenizer.encode(text)
    return encoding.ids.indices.map { index in
      let id = encoding.ids[index]
      let name = names[id]?.description ?? special.first { $0.id == id }?.token
      return Piece(
        id: id, piece: name ?? String(decoding: tokenizer.decode([id]), as: UTF8.self),
        range: encoding.sequences[index] < 0 ? nil : encoding.spans[index])
    }
  }
}

extension Tokenizer {
  /// The rows that an embedding needs for the ids of a text. The template's special tokens may have ids beyond the
  /// vocabulary.
  var rowsNeeded: Int {
    (template.single + template.pair).reduce(vocabularySize) { size, part in
      if case .special(let id, _) = part { max(size, Int(id) + 1) } else { size }
    }
  }
}
