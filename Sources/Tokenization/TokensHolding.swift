extension Tokenizer {
  /// Ids whose own text holds `byte`, e.g. a line break: what ends a generated line.
  package func tokens(holding byte: UInt8) -> Set<Int32> {
    Set((0..<Int32(clamping: vocabularySize)).filter { decode([$0]).contains(byte) })
  }
}
