/// One decoder of tokenizer.json, which turns a list of tokens into another.
///
/// Source: `decoders` of the tokenizers library.
enum DecodingStep: Sendable {
  case byteLevel
  case wordPiece(prefix: [UInt8], cleansUp: Bool)
  case metaspace(replacement: UInt32, dropsFirst: Bool)
  case byteFallback
  case fuse
  case strip(UInt32, start: Int, stop: Int)
  case replace(TextFinder, [UInt8])
  case suffix([UInt8])

  func apply(_ tokens: [[UInt8]]) -> [[UInt8]] {
    switch self {
    case .byteLevel: return [tokens.flatMap { DecodingStep.bytes($0) }]
    case .wordPiece(let prefix, let cleansUp):
      return WordPieceDecoder.spaced(tokens, prefix: prefix, cleansUp: cleansUp)
    case .metaspace(let replacement, let dropsFirst):
      return tokens.enumerated().map { index, token in
        DecodingStep.mapped(token) { $0 == replacement ? (index == 0 && dropsFirst ? nil : 0x20) : $0 }
      }
    case .byteFallback: return DecodingStep.joiningBytes(tokens)
    case .fuse: return [tokens.flatMap { $0 }]
    case .strip(let content, let start, let stop):
      return tokens.map { token in
        var scalars = DecodingStep.scalars(token)[...]
        scalars = scalars.dropFirst(scalars.prefix(start).prefix { $0 == content }.count)
        scalars = scalars.dropLast(scalars.suffix(stop).reversed().prefix { $0 == content }.count)
        return DecodingStep.text(scalars)
      }
    case .replace(let finder, let content): return tokens.map { DecodingStep.replacing($0, finder, content) }
    case .suffix(let suffix):
      let finder = TextFinder.string(suffix)
      return tokens.enumerated().map { index, token in
        DecodingStep.replacing(token, finder, index + 1 == tokens.count ? [] : [UInt8(ascii: " ")])
      }
    }
  }

  /// The bytes that a token's characters stand for; the token itself where one of them stands for none.
  private static func bytes(_ token: [UInt8]) -> [UInt8] {
    String(validating: token, as: UTF8.self) == nil ? token : ByteAlphabet.decode(.init(token)) ?? token
  }

  /// The most bytes that one token becomes; no real token comes near it.
  private static let limit = 1 << 20

  /// A decoder has no way to fail: where an expression takes too long, or the token grows too long, it stays as it is.
  private static func replacing(_ token: [UInt8], _ finder: TextFinder, _ content: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    do throws(TokenizerError) {
      try finder.forEachPart(of: token) { part in
        if out.count <= limit { out += part.isMatch ? content : Array(token[part.range]) }
      }
    } catch { return token }
    return out.count <= limit ? out : token
  }

  /// Turns runs of `<0x41>` into the text of their bytes; of a run that is no text, each byte becomes U+FFFD.
  private static func joiningBytes(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var out: [[UInt8]] = []
    var run: [UInt8] = []
    func end() {
      guard !run.isEmpty else { return }
      if String(validating: run, as: UTF8.self) != nil {
        out.append(run)
      } else {
        out += run.map { _ in [0xEF, 0xBF, 0xBD] }
      }
      run = []
    }
    for token in tokens {
      if let byte = byte(token) {
        run.append(byte)
      } else {
        end()
        out.append(token)
      }
    }
    end()
    return out
  }

  private static func byte(_ token: [UInt8]) -> UInt8? {
    guard token.count == 6, token.starts(with: "<0x".utf8), token[5] == UInt8(ascii: ">") else { return nil }
    return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
  }

  private static func scalars(_ token: [UInt8]) -> [UInt32] {
    String(decoding: token, as: UTF8.self).unicodeScalars.map(\.value)
  }

  private static func text(_ scalars: some Sequence<UInt32>) -> [UInt8] {
    var out = NormalizedText(capacity: 16)
    for scalar in scalars { out.append(scalar: scalar, 0, 0) }
    return out.bytes
  }

  private static func mapped(_ token: [UInt8], _ map: (UInt32) -> UInt32?) -> [UInt8] {
    text(scalars(token).compactMap(map))
  }
}
