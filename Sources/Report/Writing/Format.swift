import Foundation
import Results
import Support

/// How the report writes numbers and foreign text. The locale has no effect.
package enum Format {
  package static func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return "–" }
    return String(format: "%.\(digits)f", locale: nil, value)
  }

  /// A score or its error; large ones, such as perplexities, with fewer decimals.
  package static func score(_ value: Double) -> String {
    fixed(value, abs(value) >= 100 ? 1 : abs(value) >= 10 ? 2 : 4)
  }

  package static func mebibytes(_ bytes: Int) -> String { fixed(Mebibytes.of(bytes), 1) }

  package static func seconds(_ value: Double) -> String { fixed(value, value >= 100 ? 0 : value >= 10 ? 1 : 2) }

  /// A learning rate as people write it: `3e-4` for 0.0003. Any other number is written in the same way.
  package static func rate(_ value: Double) -> String { rate(value, digits: 6) }

  /// The same with fewer digits.
  static func rate(_ value: Double, digits count: Int) -> String {
    guard value != 0, value.isFinite, abs(value) < 1e-2 || abs(value) >= 1e6 else {
      return String(format: "%.\(count)g", locale: nil, value)
    }
    let parts = String(format: "%.\(count - 1)e", locale: nil, value).split(separator: "e")
    guard parts.count == 2, let exponent = Int(parts[1]) else { return "\(value)" }
    var digits = String(parts[0])
    while digits.hasSuffix("0") { digits.removeLast() }
    if digits.hasSuffix(".") { digits.removeLast() }
    return "\(digits)e\(exponent)"
  }

  package static func p(_ value: Double) -> String { value < 0.001 ? "< 0.001" : fixed(value, 3) }

  /// Foreign text without what would break a line or turn the direction of what follows: control characters and Unicode's
  /// direction marks become U+FFFD, line ends a space.
  package static func plain(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x09, 0x0A, 0x0D, 0x85, 0x2028, 0x2029: out += " "
      case 0x00..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: out += "\u{FFFD}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// Foreign text with some characters written in another way; `nil` keeps one as it is.
  private static func escaped(_ text: String, _ replacement: (Unicode.Scalar) -> String?) -> String {
    plain(text).unicodeScalars.map { replacement($0) ?? String($0) }.joined()
  }

  private static func entity(_ scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case "&": "&amp;"
    case "<": "&lt;"
    case ">": "&gt;"
    default: nil
    }
  }

  /// Text between tags, and in an attribute within double quotes.
  package static func html(_ text: String) -> String {
    escaped(text) { scalar in
      switch scalar {
      case "\"": "&quot;"
      case "'": "&#39;"
      default: entity(scalar)
      }
    }
  }

  /// Text in Markdown, in a table's cell too. HTML is escaped, because Markdown lets it through.
  package static func markdown(_ text: String) -> String {
    escaped(text) { scalar in
      "\\`*_[]|#~!$".unicodeScalars.contains(scalar) ? "\\" + String(scalar) : entity(scalar)
    }
  }

  package static func latex(_ text: String) -> String {
    escaped(text) { scalar in
      switch scalar {
      case "\\": "\\textbackslash{}"
      case "~": "\\textasciitilde{}"
      case "^": "\\textasciicircum{}"
      case "&", "%", "$", "#", "_", "{", "}": "\\" + String(scalar)
      case "<": "\\textless{}"
      case ">": "\\textgreater{}"
      case "±": "$\\pm$"
      case "×": "$\\times$"
      case "≥": "$\\geq$"
      case "≈": "$\\approx$"
      case "–": "--"
      default: nil
      }
    }
  }

  /// A field of CSV (RFC 4180). A text that a spreadsheet would run as a formula is preceded by an apostrophe; a number never
  /// is one.
  package static func csv(_ text: String) -> String {
    var text = plain(text)
    if Double(text) == nil, let first = text.unicodeScalars.first, "=+-@".unicodeScalars.contains(first) {
      text = "'" + text
    }
    guard text.contains(where: { ",\"\n".contains($0) }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
