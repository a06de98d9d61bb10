/// One normalizer of tokenizer.json.
///
/// Source: `normalizers` of the tokenizers library.
enum NormalizingStep: Sendable {
  case bert(BertNormalizer, ascii: [UInt8])
  case form(NormalForm)
  case lowercase
  case strip(left: Bool, right: Bool)
  case stripAccents
  case replace(TextFinder, [UInt32])
  case prepend([UInt32])
  case nmt
  case precompiled(PrecompiledNormalizer)
  case byteLevel

  /// Whether the step is known to leave a text as it is; this costs less than to apply it.
  func keeps(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    if case .form(let form) = self { form.holds(text) } else { false }
  }

  /// - Throws: ``TokenizerError/encodingFailed(reason:)`` when a regular expression takes too long.
  func apply(_ text: NormalizedText) throws(TokenizerError) -> NormalizedText {
    guard !text.bytes.isEmpty else { return text }
    switch self {
    case .bert(let normalizer, let ascii):
      return composed(text) { normalizer.normalize($0, 0..<$0.count, asciiTable: ascii) }
    case .precompiled(let normalizer): return composed(text) { normalizer.normalize($0, 0..<$0.count) }
    case .form(let form): return form.apply(text)
    case .lowercase: return lowercased(text)
    case .strip(let left, let right): return stripped(text, left: left, right: right)
    case .stripAccents: return mapped(text) { CharacterTable.shared[$0].contains(.combining) ? nil : $0 }
    case .nmt: return mapped(text, NormalizingStep.nmt)
    case .byteLevel: return NormalizingStep.inByteAlphabet(text, 0..<text.bytes.count)
    case .prepend(let scalars):
      var out = NormalizedText(capacity: text.bytes.count + 4 * scalars.count)
      for scalar in scalars { out.append(scalar: scalar, like: text, at: 0) }
      out.append(contentsOf: text, 0..<text.bytes.count)
      return out
    case .replace(let finder, let content): return try replaced(text, finder, content)
    }
  }

  private func composed(
    _ text: NormalizedText, _ normalize: (UnsafeBufferPointer<UInt8>) -> NormalizedText
  ) -> NormalizedText {
    text.composed(text.bytes.withUnsafeBufferPointer(normalize))
  }

  /// Replaces or drops each character by itself.
  private func mapped(_ text: NormalizedText, _ map: (UInt32) -> UInt32?) -> NormalizedText {
    text.bytes.withUnsafeBufferPointer { bytes in
      var out = NormalizedText(capacity: bytes.count)
      var at = 0
      while at < bytes.count {
        let (scalar, length) = UTF8Text.scalar(bytes, at)
        if let mapped = map(scalar) { out.append(scalar: mapped, like: text, at: at) }
        at += length
      }
      return out
    }
  }

  private func lowercased(_ text: NormalizedText) -> NormalizedText {
    let table = CharacterTable.shared
    return text.bytes.withUnsafeBufferPointer { bytes in
      var out = NormalizedText(capacity: bytes.count)
      var at = 0
      while at < bytes.count {
        let (scalar, length) = UTF8Text.scalar(bytes, at)
        if table[scalar].contains(.lowered) {
          for part in table.lowerCase(scalar) { out.append(scalar: part, like: text, at: at) }
        } else {
          out.append(contentsOf: text, at..<at + length)
        }
        at += length
      }
      return out
    }
  }

  private func stripped(_ text: NormalizedText, left: Bool, right: Bool) -> NormalizedText {
    text.bytes.withUnsafeBufferPointer { bytes in
      let table = CharacterTable.shared
      var (from, to) = (0, bytes.count)
      while left, from < to {
        let (scalar, length) = UTF8Text.scalar(bytes, from)
        guard table[scalar].contains(.whitespace) else { break }
        from += length
      }
      while right, from < to {
        var start = to - 1
        while bytes[start] & 0xC0 == 0x80 { start -= 1 }
        guard table[UTF8Text.scalar(bytes, start).value].contains(.whitespace) else { break }
        to = start
      }
      if from == 0, to == bytes.count { return text }
      var out = NormalizedText(capacity: to - from)
      out.append(contentsOf: text, from..<to)
      return out
    }
  }

  private func replaced(
    _ text: NormalizedText, _ finder: TextFinder, _ content: [UInt32]
  ) throws(TokenizerError) -> NormalizedText {
    var out = NormalizedText(capacity: text.bytes.count + text.bytes.count / 4)
    let limit = NormalizingStep.limit(text.bytes.count)
    try finder.forEachPart(of: text.bytes) { part in
      if part.isMatch {
        // The new characters have the offsets of the last one that they replace, or of the one before an empty match; at
        // the start there is none.
        let last = part.range.upperBound - 1
        for scalar in content where out.bytes.count <= limit {
          let start = Int(text.starts[max(0, last)])
          out.append(scalar: scalar, start, last < 0 ? start : Int(text.ends[last]))
        }
      } else {
        out.append(contentsOf: text, part.range)
      }
    }
    guard out.bytes.count <= limit else {
      throw .encodingFailed(reason: "a normalizer makes more than \(limit) bytes of \(text.bytes.count)")
    }
    return out
  }

  /// The most bytes that replacing may make of a text.
  private static func limit(_ count: Int) -> Int { min(UTF8Text.limit, 64 * count + 1 << 16) }

  /// Writes each byte of a range as the character that stands for it.
  static func inByteAlphabet(_ text: NormalizedText, _ range: Range<Int>) -> NormalizedText {
    var out = NormalizedText(capacity: range.count + range.count / 2)
    for index in range {
      out.append(scalar: ByteAlphabet.scalars[Int(text.bytes[index])], like: text, at: index)
    }
    return out
  }

  /// The rules of the Nmt normalizer: control characters are dropped, and what counts as a space becomes one.
  private static func nmt(_ scalar: UInt32) -> UInt32? {
    switch scalar {
    case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: nil
    case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD: 0x20
    default: scalar
    }
  }
}
