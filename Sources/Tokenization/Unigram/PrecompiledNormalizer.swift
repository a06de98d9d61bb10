/// A SentencePiece model's character map as the tokenizers library applies it: to short grapheme clusters as a whole, else to
/// characters, and always by the shortest rule that they begin with.
///
/// Source: the `Precompiled` normalizer of the tokenizers library (crate spm_precompiled). It differs from sentencepiece's own
/// normalizer, which takes the longest rule at every place of the text.
struct PrecompiledNormalizer: Sendable {
  /// `nil`: nothing is changed.
  let map: CharacterMap?

  /// A cluster of this many bytes or more is taken character by character.
  private static let longCluster = 6

  func normalize(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> NormalizedText {
    var out = NormalizedText(capacity: range.count + range.count / 8)
    guard map != nil else {
      for at in range { out.append(text[at], at, at + 1) }
      return widened(out, text)
    }
    var at = range.lowerBound
    while at < range.upperBound {
      // Only a byte that is not of ASCII, or the line feed of a line end, can join the cluster before it.
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

  /// Takes the clusters up to one that plain ASCII follows; returns where that begins.
  private func appendClusters(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ out: inout NormalizedText)
    -> Int
  {
    var end = range.lowerBound + 1
    // ASCII after ASCII begins a cluster of its own, so that nothing beyond is needed to find those before it.
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

  /// Writes what a rule makes of a piece. As in the reference, new characters have the places of the old ones in order, and
  /// further ones that of the last.
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

  /// Places of whole characters in place of single bytes.
  private func widened(_ out: NormalizedText, _ text: UnsafeBufferPointer<UInt8>) -> NormalizedText {
    var out = out
    for index in out.bytes.indices where out.bytes[index] >= 0x80 {
      while text[Int(out.starts[index])] & 0xC0 == 0x80 { out.starts[index] -= 1 }
      while Int(out.ends[index]) < text.count, text[Int(out.ends[index])] & 0xC0 == 0x80 { out.ends[index] += 1 }
    }
    return out
  }
}
