/// Largest files read; far above any real one, so that a wrong file is refused before it fills memory.
enum LoadingLimits {
  static let vocabulary = 64 << 20
  static let settings = 16 << 20
  static let tokenizerJSON = 256 << 20
  static let sentencePieceModel = 64 << 20
  /// Characters of all added tokens together.
  static let addedTokenBytes = 1 << 20
}
