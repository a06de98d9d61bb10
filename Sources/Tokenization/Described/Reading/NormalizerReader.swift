import Foundation
import Support

/// Reads the `normalizer` of tokenizer.json.
enum NormalizerReader {
  static func steps(_ field: TokenizerField) throws(TokenizerError) -> [NormalizingStep] {
    try field.sequence(of: "normalizers").map { (part) throws(TokenizerError) in try step(part) }
  }

  private static func step(_ part: TokenizerField) throws(TokenizerError) -> NormalizingStep {
    switch part.type {
    case "BertNormalizer": return try bert(part)
    case "NFC": return try plain(part, .form(.composed))
    case "NFD": return try plain(part, .form(.decomposed))
    case "NFKC": return try plain(part, .form(.compatibilityComposed))
    case "NFKD": return try plain(part, .form(.compatibilityDecomposed))
    case "Lowercase": return try plain(part, .lowercase)
    case "StripAccents": return try plain(part, .stripAccents)
    case "Nmt": return try plain(part, .nmt)
    case "ByteLevel": return try plain(part, .byteLevel)
    case "Strip":
      try part.refuse(otherThan: ["type", "strip_left", "strip_right"])
      return .strip(left: try part["strip_left"].required(.flag), right: try part["strip_right"].required(.flag))
    case "Prepend":
      try part.refuse(otherThan: ["type", "prepend"])
      return .prepend(try part["prepend"].required(.string).unicodeScalars.map(\.value))
    case "Replace":
      try part.refuse(otherThan: ["type", "pattern", "content"])
      return .replace(
        try PatternReader.finder(part["pattern"]), try part["content"].required(.string).unicodeScalars.map(\.value))
    case "Precompiled": return .precompiled(PrecompiledNormalizer(map: try map(part)))
    default:
      throw part["type"].fault(
        "BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Nmt, Prepend, Replace, Precompiled, "
          + "ByteLevel or Sequence")
    }
  }

  private static func plain(_ part: TokenizerField, _ step: NormalizingStep) throws(TokenizerError) -> NormalizingStep {
    try part.refuse(otherThan: ["type"])
    return step
  }

  private static func bert(_ part: TokenizerField) throws(TokenizerError) -> NormalizingStep {
    try part.refuse(otherThan: ["type", "clean_text", "handle_chinese_chars", "lowercase", "strip_accents"])
    var normalizer = BertNormalizer()
    normalizer.cleansText = try part["clean_text"].optional(.flag) ?? true
    normalizer.separatesIdeographs = try part["handle_chinese_chars"].optional(.flag) ?? true
    normalizer.lowersCase = try part["lowercase"].optional(.flag) ?? true
    normalizer.stripsAccents = try part["strip_accents"].optional(.flag) ?? normalizer.lowersCase
    return .bert(normalizer, ascii: normalizer.asciiTable())
  }

  /// The character map of a Precompiled normalizer; `nil` for an empty one.
  private static func map(_ part: TokenizerField) throws(TokenizerError) -> CharacterMap? {
    try part.refuse(otherThan: ["type", "precompiled_charsmap"])
    let base64 = JSONKind("a character map in base64") { json in json.string.flatMap { Data(base64Encoded: $0) } }
    let bytes = try part["precompiled_charsmap"].required(base64)
    do throws(ProtobufReader.Fault) { return bytes.isEmpty ? nil : try CharacterMap(Array(bytes)[...]) } catch {
      throw .brokenModel(path: part.path, reason: "\(part.key): \(error.reason)")
    }
  }
}
