/// What Python's `str` does to text, on which the benchmarks' official scripts rely.
enum PythonText {
  /// The scalars of UTF-8 text, with invalid bytes as U+FFFD.
  static func scalars(_ text: [UInt8]) -> [Unicode.Scalar] {
    Array(String(decoding: text, as: UTF8.self).unicodeScalars)
  }

  /// `str.strip()`.
  static func stripped(_ text: [UInt8]) -> [Unicode.Scalar] {
    let scalars = scalars(text)
    guard let first = scalars.firstIndex(where: { !isSpace($0) }),
      let last = scalars.lastIndex(where: { !isSpace($0) })
    else { return [] }
    return Array(scalars[first...last])
  }

  /// `str.isspace()`: the separators U+001C to U+001F count, the zero-width space does not.
  static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
    default: false
    }
  }

  /// `\w` of a regular expression: letters, whatever has a numeric value, and the underscore. Combining marks are none
  /// of these, so that there is a word boundary between a letter and an accent that follows it.
  static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "_": return true
      default: return false
      }
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
    default: return scalar.properties.numericType != nil
    }
  }

  /// `str.lower()`. A capital sigma at the end of a word becomes "ς".
  static func lowercased(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(scalars.count)
    for (index, scalar) in scalars.enumerated() {
      if scalar.isASCII {
        let isCapital = scalar >= "A" && scalar <= "Z"
        result.append(isCapital ? Unicode.Scalar(UInt8(scalar.value) | 0x20) : scalar)
      } else if scalar == "Σ" {
        result.append(isFinal(index, in: scalars) ? "ς" : "σ")
      } else {
        result.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
      }
    }
    return result
  }

  /// Whether a cased scalar stands before a sigma and none after it, those that case ignores passed over (the condition
  /// Final_Sigma of the Unicode standard, section 3.13).
  private static func isFinal(_ index: Int, in scalars: [Unicode.Scalar]) -> Bool {
    let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
    let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
    return before?.properties.isCased == true && after?.properties.isCased != true
  }
}
