/// The largest files that are read, in bytes.
///
/// The limits are far above the size of any real file, so that a wrong file is refused before it fills the memory.
enum LoadingLimits {
  static let vocabulary = 64 << 20
  static let settings = 16 << 20
  static let tokenizerJSON = 256 << 20
  static let sentencePieceModel = 64 << 20
  /// The most bytes that the contents of all added tokens may have in total.
  static let addedTokenBytes = 1 << 20
}
