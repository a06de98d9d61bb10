/// Checks of a serialized SentencePiece model that the library does not make itself.
enum SentencePieceCheck {
  static func check(_ bytes: [UInt8], path: String) throws(TokenizerError) {
  }
}
