/// Applies a SentencePiece model's character map as the tokenizers library does.
///
/// A short grapheme cluster is replaced as a whole if a rule matches its beginning. Otherwise each of its characters is
/// normalised by itself. The shortest matching rule is always taken.
///
/// Source: the `Precompiled` normalizer of the tokenizers library (crate spm_precompiled). sentencepiece's own
/// normalizer differs, since it takes the longest rule at every place of the text.
struct PrecompiledNormalizer: Sendable {
  /// The rules; `nil` when no text is changed.
  let map: CharacterMap?

  /// The length in bytes from which a cluster is normalised character by character.
  private static let longCluster = 6

  func normalize(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> NormalizedText {
    var out = NormalizedText(capacity: range.count + range.count / 8)
    guard map != nil else {
      for at in range { out.append(text[at], at, at + 1) }
      return widened(out, text)
    }
    var at = range.lowerBound
    while at < range.upperBound {
      // Only a non-ASCII byte, or the line feed after a carriage return, can extend the cluster before it.
      let next = at + 1 < range.upperBound ? text[at + 1] : 0
      if text[at] < 0x80, next < 0x80, !(text[at] == 0x0D && next == 0x0A) {
        append(text, at..<at + 1, &out)
        at += 1
      } else {
        at = appendClusters(text, at..<range.upperBound, &out)
      }
    }
    return out
  }

  /// Normalises the clusters up to an ASCII byte that follows another ASCII byte, and returns the place of that byte.
  private func appendClusters(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ out: inout NormalizedText)
    -> Int
  {
    var end = range.lowerBound + 1
    // ASCII after ASCII begins a new cluster, so the text beyond it cannot change the clusters before it.
    while end < range.upperBound, text[end] >= 0x80 || text[end - 1] >= 0x80 || text[end] == 0x0A { end += 1 }
    var at = range.lowerBound
    for cluster in String(decoding: text[at..<end], as: UTF8.self) {
      let count = cluster.utf8.count
      append(text, at..<at + count, &out)
      at += count
    }
    return at
  }

  private func append(_ text: UnsafeBufferPointer<UInt8>, _ cluster: Range<Int>, _ out: inout NormalizedText) {
    if cluster.count < PrecompiledNormalizer.longCluster, replace(text, cluster, &out) { return }
    var at = cluster.lowerBound
    while at < cluster.upperBound {
      let (scalar, length) = UTF8Text.scalar(text, at)
      if !replace(text, at..<at + length, &out) { out.append(scalar: scalar, at, at + length) }
      at += length
    }
  }

  /// Appends the replacement of a piece; the result is whether a rule matches.
  ///
  /// As in the reference, the new characters take the offsets of the old ones in order, and surplus new characters take
  /// the offsets of the last old one.
  private func replace(_ text: UnsafeBufferPointer<UInt8>, _ piece: Range<Int>, _ out: inout NormalizedText) -> Bool {
    guard let map, let rule = map.shortest(text[piece]) else { return false }
    var at = piece.lowerBound
    var length = UTF8Text.scalar(text, at).length
    for (index, scalar) in String(decoding: map.text(rule), as: UTF8.self).unicodeScalars.enumerated() {
      if index > 0, at + length < piece.upperBound {
        at += length
        length = UTF8Text.scalar(text, at).length
      }
      out.append(scalar: scalar.value, at, at + length)
    }
    return true
  }

  /// Extends the offsets of single bytes to those of whole characters.
  private func widened(_ out: NormalizedText, _ text: UnsafeBufferPointer<UInt8>) -> NormalizedText {
    var out = out
    for index in out.bytes.indices where out.bytes[index] >= 0x80 {
      while text[Int(out.starts[index])] & 0xC0 == 0x80 { out.starts[index] -= 1 }
      while Int(out.ends[index]) < text.count, text[Int(out.ends[index])] & 0xC0 == 0x80 { out.ends[index] += 1 }
    }
    return out
  }
}
