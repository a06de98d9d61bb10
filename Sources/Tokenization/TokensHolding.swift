extension Tokenizer {
  /// The ids whose decoded text contains `byte`. With a line feed, for example, these are the tokens that end a line.
  package func tokens(holding byte: UInt8) -> Set<Int32> {
    Set((0..<Int32(clamping: vocabularySize)).filter { decode([$0]).contains(byte) })
  }
}
