import Foundation

/// The SVG elements that charts consist of, as text.
package enum SVG {
  static func document(width: Double, height: Double, title: String, body: String) -> String {
    let size = "\(number(width)) \(number(height))"
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size)" width="\(number(width))" height="\(number(height))" \
      role="img" font-family="Helvetica, Arial, 'Liberation Sans', sans-serif" fill="#111">
      <title>\(escaped(title))</title>
      <rect width="100%" height="100%" fill="#FFF"/>
      \(body)</svg>

      """
  }

  /// A number with two decimals, or none where both are zero: `12.50`, `12`. The locale has no effect.
  package static func number(_ value: Double) -> String {
    let text = String(format: "%.2f", locale: nil, value)
    return text.hasSuffix(".00") ? String(text.dropLast(3)) : text
  }

  static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      // XML 1.0 forbids control characters.
      case _ where scalar.value < 0x20: out += " "
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  static func text(_ text: String, x: Double, y: Double, style: String, turned: Bool = false) -> String {
    let turn = turned ? " transform=\"rotate(-90 \(number(x)) \(number(y)))\"" : ""
    return "<text x=\"\(number(x))\" y=\"\(number(y))\" style=\"\(style)\"\(turn)>\(escaped(text))</text>\n"
  }

  static func line(_ points: [(x: Double, y: Double)], _ style: String) -> String {
    let path = points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
    return "<polyline points=\"\(path)\" style=\"\(style)\"/>\n"
  }

  /// A circle, square, triangle or diamond about 6 units wide, by `index` modulo 4.
  static func marker(_ index: Int, x: Double, y: Double, fill: String) -> String {
    func polygon(_ offsets: [(Double, Double)]) -> String {
      let path = offsets.map { "\(number(x + $0.0)),\(number(y + $0.1))" }.joined(separator: " ")
      return "<polygon points=\"\(path)\" fill=\"\(fill)\"/>\n"
    }
    switch index % 4 {
    case 0: return "<circle cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"3\" fill=\"\(fill)\"/>\n"
    case 1: return polygon([(-2.8, -2.8), (2.8, -2.8), (2.8, 2.8), (-2.8, 2.8)])
    case 2: return polygon([(0, -3.6), (3.4, 2.6), (-3.4, 2.6)])
    default: return polygon([(0, -3.8), (3.8, 0), (0, 3.8), (-3.8, 0)])
    }
  }
}
