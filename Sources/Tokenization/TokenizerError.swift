import Support

/// A tokenizer that cannot be loaded, or a text that cannot be tokenized.
package enum TokenizerError: UserError, JSONFileError, Equatable {
  /// None of the files that the tokenizer needs is in the folder.
  case missingFiles(folder: String, tokenizer: String, names: [String])
  case malformed(path: String, reason: String)
  case badField(path: String, key: String, found: String, expected: String)
  /// `line` is a line number from 1, or the position, from 1, of a merge in tokenizer.json.
  case badLine(path: String, line: Int, reason: String)
  case missingToken(path: String, token: String, role: String)
  case brokenModel(path: String, reason: String)
  case unsupported(path: String, what: String, advice: String)
  /// `offset` is the position, from 0, of the first byte that starts no valid UTF-8 sequence.
  case invalidUTF8(offset: Int, byte: UInt8)
  case textTooLong(bytes: Int, limit: Int)
  case maximumLengthTooShort(maximum: Int, specialTokens: Int)
  /// `taken` is the number of tokens that every window needs for the first text and the special tokens.
  case noRoomForWindows(maximum: Int, taken: Int, stride: Int)
  case encodingFailed(reason: String)

  package var message: String {
    switch self {
    case .missingFiles(let folder, let tokenizer, let names):
      "\(folder): \(tokenizer) needs \(names.joined(separator: " or ")), which is not there; copy it from the checkpoint"
    case .malformed(let path, let reason): "\(path): not valid JSON: \(reason); copy the file again"
    case .badField(let path, let key, let found, let expected):
      "\(path): key \(key): found \(found), expected \(expected); correct the file"
    case .badLine(let path, let line, let reason): "\(path):\(line): \(reason)"
    case .missingToken(let path, let token, let role):
      "\(path): \(role) token \"\(token)\" is not in the vocabulary; expected one entry for it; use the checkpoint's own file"
    case .brokenModel(let path, let reason):
      "\(path): not a usable SentencePiece model: \(reason); copy the file again"
    case .unsupported(let path, let what, let advice): "\(path): \(what) is not supported; \(advice)"
    case .invalidUTF8(let offset, let byte):
      "text is not valid UTF-8: byte 0x\(String(byte, radix: 16, uppercase: true)) at offset \(offset); convert it to UTF-8"
    case .textTooLong(let bytes, let limit):
      "text has \(bytes) bytes, expected at most \(limit); split it"
    case .maximumLengthTooShort(let maximum, let specialTokens):
      "maximum length \(maximum) is less than the \(specialTokens) special tokens around every input; raise it"
    case .noRoomForWindows(let maximum, let taken, let stride):
      "maximum length \(maximum): the first text and the special tokens take \(taken), so that a window holds "
        + "\(max(0, maximum - taken)) of the second, expected more than the stride \(stride); raise the one or lower the other"
    case .encodingFailed(let reason): "a text could not be encoded: \(reason)"
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .missingFiles: .missingInput
    case .maximumLengthTooShort, .noRoomForWindows: .usage
    default: .badInput
    }
  }
}
