import CSentencePiece

/// A loaded SentencePiece model, shared by all threads: the library's encoder is const and keeps no state.
final class SentencePieceModel: Sendable {
  /// The library's model. It is never written after loading, and only passed to functions that take it as const.
  private nonisolated(unsafe) let handle: OpaquePointer
  /// The number of pieces.
  let size: Int
  /// Encodes instead of the library; `nil` for a model that is left to the library.
  private let encoder: SentencePieceEncoder?

  /// Parses a serialized model.
  ///
  /// - Parameter dummyPrefix: whether a space is put before the text; `nil` leaves this to the model.
  /// - Throws: ``TokenizerError/brokenModel(path:reason:)``.
  init(path: String, bytes: [UInt8], dummyPrefix: Bool? = nil) throws(TokenizerError) {
    var bytes = bytes
    if let dummyPrefix, !bytes.isEmpty {
      // A later occurrence of a field overrides earlier ones: normalizer_spec { add_dummy_prefix: … }.
      bytes += [0x1A, 0x02, 0x18, dummyPrefix ? 1 : 0]
    }
    let spec = try SentencePieceSpec(bytes, path: path)
    var message = [CChar](repeating: 0, count: Int(CSP_ERROR_SIZE))
    guard let handle = csp_load(bytes, bytes.count, &message) else {
      throw .brokenModel(path: path, reason: SentencePieceModel.text(message))
    }
    self.handle = handle
    size = Int(csp_size(handle))
    encoder = SentencePieceEncoder(spec)
  }

  deinit { csp_free(handle) }

  private static func text(_ message: [CChar]) -> String {
    let bytes = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: bytes, as: UTF8.self).replacing("\n", with: " ")
  }

  /// The id of a piece; `nil` when the model lacks it.
  func id(_ piece: [UInt8]) -> Int32? {
    let id = csp_id(handle, piece, piece.count)
    return id < 0 ? nil : id
  }

  /// The tokens of a text, with offsets in bytes.
  func encode(_ text: UnsafeBufferPointer<UInt8>) throws(TokenizerError) -> [Token] {
    if let encoder { return encoder.encode(text) }
    var pieces: UnsafeMutablePointer<csp_piece>?
    var count = 0
    var message = [CChar](repeating: 0, count: Int(CSP_ERROR_SIZE))
    guard csp_encode(handle, text.baseAddress, text.count, &pieces, &count, &message) == 0 else {
      throw .encodingFailed(reason: "SentencePiece: \(SentencePieceModel.text(message))")
    }
    defer { csp_release(pieces) }
    return UnsafeBufferPointer(start: pieces, count: count).map {
      Token(id: $0.id, start: Int($0.begin), end: Int($0.end))
    }
  }

  func encode(_ text: [UInt8]) throws(TokenizerError) -> [Token] {
    // `withUnsafeBufferPointer` rethrows an error without its type, so the error is returned in a `Result`.
    let result = text.withUnsafeBufferPointer { text -> Result<[Token], TokenizerError> in
      Result { () throws(TokenizerError) in try encode(text) }
    }
    return try result.get()
  }

  /// The text of a sequence of ids. Ids outside the model are left out.
  func decode(_ ids: [Int32]) -> [UInt8] {
    let known = ids.filter { $0 >= 0 && $0 < size }
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    var message = [CChar](repeating: 0, count: Int(CSP_ERROR_SIZE))
    guard csp_decode(handle, known, known.count, &bytes, &count, &message) == 0 else { return [] }
    defer { csp_release(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }
}
