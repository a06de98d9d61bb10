import Foundation
import Results

/// A chart of the page, as SVG whose colours follow the page's: light, dark or print. Lines differ by colour, dash and mark, so
/// that no reader needs the colours (which are Okabe and Ito's).
struct Plot {
  struct Item {
    enum Kind {
      case line
      /// A thin line, one of several of the same look.
      case thinLine
      /// A small mark for a single measurement. `isHollow` for one that is not as good as it looks.
      case dot(isHollow: Bool)
      case mark
      /// A vertical interval from `points[0]` to `points[1]`.
      case interval
      /// A circle around a point.
      case ring
      /// A cross on the lower edge at the place of `points[0]`, for what has no value.
      case cross
    }
    let kind: Kind
    let look: Int
    let points: [(x: Double, y: Double)]
    /// What a pointer that rests there is told.
    var title = ""
    /// Shifts the item to the right, in units of the drawing, so that equal values lie side by side.
    var shift = 0.0
  }

  /// Names the chart among the page's elements; letters, digits and hyphens.
  let id: String
  let title: String
  /// What the chart shows, in words, for those who do not see it.
  let description: String
  let x: ChartAxis
  let y: ChartAxis
  var items: [Item] = []
  /// Names of looks.
  var legend: [(look: Int, name: String)] = []
  /// Horizontal lines with a name, e.g. a baseline.
  var rules: [(y: Double, name: String)] = []
  /// Below the chart.
  var caption = ""

  private static let (width, height) = (720.0, 360.0)
  private static let (top, right, bottom) = (14.0, 16.0, 48.0)
  private static let dashes = ["", "7 3", "2 3", "9 3 2 3"]
  /// A dashed line in the colour of text.
  static let frontLook = 14

  var isEmpty: Bool { items.isEmpty }

  var svg: String {
    let points = items.flatMap { item -> [(x: Double, y: Double)] in
      if case .cross = item.kind { return item.points.map { ($0.x, .nan) } }
      return item.points
    }
    let xTicks = x.ticks(for: points.map(\.x), about: 8)
    let yTicks = y.ticks(for: points.map(\.y) + rules.map(\.y), about: 6)
    guard let x0 = xTicks.first, let x1 = xTicks.last, let y0 = yTicks.first, let y1 = yTicks.last, x0 < x1, y0 < y1
    else { return "" }
    let left = 40 + Double(yTicks.map { ChartAxis.text($0).count }.max() ?? 1) * 7
    let (end, base) = (Plot.width - Plot.right, Plot.height - Plot.bottom)
    // Room at both ends, for what is shifted and for rings.
    let inset = x.scale == .logarithmic ? 18.0 : 4.0
    func placeX(_ value: Double) -> Double? {
      x.holds(value) ? left + inset + x.position(value, between: x0, and: x1) * (end - left - 2 * inset) : nil
    }
    func placeY(_ value: Double) -> Double? {
      y.holds(value) ? base - y.position(value, between: y0, and: y1) * (base - Plot.top) : nil
    }
    var out = "<svg viewBox=\"0 0 \(SVG.number(Plot.width)) \(SVG.number(Plot.height))\" role=\"img\" "
    out += "aria-labelledby=\"\(id)-t \(id)-d\"><title id=\"\(id)-t\">\(Format.html(title))</title>"
    out += "<desc id=\"\(id)-d\">\(Format.html(description))</desc>\n"
    for tick in yTicks {
      guard let place = placeY(tick).map(SVG.number) else { continue }
      out += "<path class=\"g\" d=\"M\(SVG.number(left)) \(place)H\(SVG.number(end))\"/>"
      out +=
        "<text x=\"\(SVG.number(left - 7))\" y=\"\(place)\" dy=\"4\" text-anchor=\"end\">\(ChartAxis.text(tick))</text>\n"
    }
    for tick in xTicks {
      guard let place = placeX(tick).map(SVG.number) else { continue }
      out += "<path class=\"a\" d=\"M\(place) \(SVG.number(base))v5\"/>"
      out +=
        "<text x=\"\(place)\" y=\"\(SVG.number(base + 19))\" text-anchor=\"middle\">\(ChartAxis.text(tick))</text>\n"
    }
    out += "<path class=\"a\" d=\"M\(SVG.number(left)) \(SVG.number(base))H\(SVG.number(end))\"/>\n"
    let middle = (x: SVG.number((left + end) / 2), y: SVG.number((Plot.top + base) / 2))
    out +=
      "<text x=\"\(middle.x)\" y=\"\(SVG.number(base + 40))\" text-anchor=\"middle\">\(Format.html(x.label))</text>"
    out +=
      "<text transform=\"translate(15 \(middle.y)) rotate(-90)\" text-anchor=\"middle\">\(Format.html(y.label))</text>\n"
    for rule in rules {
      guard let place = placeY(rule.y).map(SVG.number) else { continue }
      out += "<path class=\"r\" d=\"M\(SVG.number(left)) \(place)H\(SVG.number(end))\"/>"
      out +=
        "<text x=\"\(SVG.number(end))\" y=\"\(place)\" dy=\"-4\" text-anchor=\"end\">\(Format.html(rule.name))</text>\n"
    }
    for item in items {
      let color = "c\(item.look % LineChart.colors.count)"
      let places = item.points.map { point in
        placeX(point.x).flatMap { x in placeY(point.y).map { (x: x + item.shift, y: $0) } }
      }
      let tip = item.title.isEmpty ? "" : "<title>\(Format.html(item.title))</title>"
      // The values themselves, so that a script can read back what is drawn.
      let data = item.points.first.map { " data-x=\"\($0.x)\" data-y=\"\($0.y)\"" } ?? ""
      switch item.kind {
      case .line, .thinLine:
        let dash = Plot.dashes[item.look % 4]
        let style = dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\""
        let weight = if case .thinLine = item.kind { "t" } else { "l" }
        for part in places.split(whereSeparator: { $0 == nil }) where part.count > 1 {
          let path = part.compactMap(\.self).map { "\(SVG.number($0.x)) \(SVG.number($0.y))" }.joined(separator: "L")
          out += "<path class=\"\(weight) \(color)\" d=\"M\(path)\"\(style)>\(tip)</path>\n"
        }
      case .dot(let isHollow):
        guard let place = places.first ?? nil else { continue }
        out +=
          "<path class=\"\(isHollow ? "h" : "d") \(color)\"\(data) d=\"\(Plot.shape(item.look, place, 3))\">\(tip)</path>\n"
      case .mark:
        guard let place = places.first ?? nil else { continue }
        out += "<path class=\"m \(color)\"\(data) d=\"\(Plot.shape(item.look, place, 5.5))\">\(tip)</path>\n"
      case .interval:
        guard places.count == 2, let a = places[0], let b = places[1] else { continue }
        out += "<path class=\"l \(color)\" d=\"M\(SVG.number(a.x)) \(SVG.number(a.y))V\(SVG.number(b.y))"
        out += "m-4 0h8M\(SVG.number(a.x - 4)) \(SVG.number(a.y))h8\">\(tip)</path>\n"
      case .ring:
        guard let place = places.first ?? nil else { continue }
        out +=
          "<circle class=\"o \(color)\"\(data) cx=\"\(SVG.number(place.x))\" cy=\"\(SVG.number(place.y))\" r=\"10\"/>\n"
      case .cross:
        guard let point = item.points.first, let x = placeX(point.x) else { continue }
        out +=
          "<path class=\"l \(color)\"\(data) d=\"M\(SVG.number(x + item.shift - 4)) \(SVG.number(base - 11))l8 8m0-8l-8 8\">\(tip)</path>\n"
      }
    }
    return out + "</svg>"
  }

  /// One of six shapes around a place.
  static func shape(_ look: Int, _ at: (x: Double, y: Double), _ r: Double) -> String {
    func path(_ offsets: [(Double, Double)]) -> String {
      "M" + offsets.map { "\(SVG.number(at.x + $0.0 * r)) \(SVG.number(at.y + $0.1 * r))" }.joined(separator: "L") + "Z"
    }
    switch look % 6 {
    case 0:
      let size = SVG.number(r)
      return
        "M\(SVG.number(at.x - r)) \(SVG.number(at.y))a\(size) \(size) 0 1 0 \(SVG.number(2 * r)) 0a\(size) \(size) 0 1 0 \(SVG.number(-2 * r)) 0"
    case 1: return path([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])
    case 2: return path([(0, -1.2), (1.1, 0.8), (-1.1, 0.8)])
    case 3: return path([(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)])
    case 4: return path([(0, 1.2), (1.1, -0.8), (-1.1, -0.8)])
    default:
      return path([
        (-0.4, -1.2), (0.4, -1.2), (0.4, -0.4), (1.2, -0.4), (1.2, 0.4), (0.4, 0.4), (0.4, 1.2), (-0.4, 1.2),
        (-0.4, 0.4), (-1.2, 0.4), (-1.2, -0.4), (-0.4, -0.4),
      ])
    }
  }

  /// The chart with its legend and caption, for the page.
  var html: String {
    let svg = svg
    guard !svg.isEmpty else { return "" }
    var out =
      "<figure><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"\(Format.html(title))\">\(svg)</div>\n"
    if legend.count > 1 || !legend.isEmpty {
      out += "<ul class=\"legend\">"
      for entry in legend {
        let color = "c\(entry.look % LineChart.colors.count)"
        let dash = Plot.dashes[entry.look % 4]
        out += "<li><svg width=\"34\" height=\"14\" aria-hidden=\"true\"><path class=\"l \(color)\" d=\"M1 7H33\""
        out += (dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\"")
        out +=
          "/><path class=\"m \(color)\" d=\"\(Plot.shape(entry.look, (17, 7), 5))\"/></svg> \(Format.html(entry.name))</li>"
      }
      out += "</ul>\n"
    }
    return out + "<figcaption><strong>\(Format.html(title)).</strong> \(Format.html(caption))</figcaption></figure>\n"
  }
}
