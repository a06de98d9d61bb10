import Foundation

/// A chart of lines and markers, written as SVG for the screen and for print.
///
/// Series differ by colour, by marker and by dash, so that a copy in greys stays legible. Colour-blind readers can tell
/// the colours apart: they are Okabe and Ito's. Background series are thin and grey. A point that ``ChartAxis`` cannot
/// place, such as NaN, breaks the line.
package struct LineChart: Sendable {
  package struct Series: Sendable {
    package enum Style: Sendable {
      /// A series in the legend, with its own colour, marker and dash.
      case own
      /// One of many similar series, thin and grey behind the others. The legend lists only the first.
      case background
      /// A threshold or a bound, drawn thin, black and dashed.
      case reference
    }

    package var name: String
    package var points: [(x: Double, y: Double)]
    /// Whether points have markers. Only a series of style `own` can have them.
    package var hasMarkers: Bool
    package var hasLine: Bool
    package var style: Style
    /// Index of the colour, marker and dash, for a series that must look the same in several charts. `nil` takes the
    /// index from the order of the series.
    package var look: Int?

    package init(
      _ name: String, _ points: [(x: Double, y: Double)], markers: Bool = true, line: Bool = true, style: Style = .own,
      look: Int? = nil
    ) {
      (self.name, self.points, hasMarkers, hasLine) = (name, points, markers && style == .own, line)
      (self.style, self.look) = (style, look)
    }
  }

  package var title: String
  /// The source of the data, e.g. matrix, run and sizes. An empty text leaves the line out.
  package var subtitle: String
  package var x: ChartAxis
  package var y: ChartAxis
  package var series: [Series]
  /// Height in SVG units. The width is always 640.
  package var height: Double

  package init(
    _ title: String, subtitle: String = "", x: ChartAxis, y: ChartAxis, series: [Series], height: Double = 400
  ) {
    (self.title, self.subtitle, self.x, self.y, self.series) = (title, subtitle, x, y, series)
    self.height = height
  }

  package static let colors = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F"]
  static let dashes = ["", "6 3", "2 2", "8 3 2 3", "", "6 3", "2 2", "8 3 2 3"]
  static let width = 640.0
  /// How many series of style `own` a reader can tell apart.
  package static let distinctSeries = 8

  /// This chart as an SVG document.
  package var svg: String { SVG.document(width: LineChart.width, height: height, title: title, body: body) }

  /// One SVG document with the charts below one another.
  package static func page(_ charts: [LineChart]) -> String {
    var (top, bodies) = (0.0, [String]())
    for chart in charts {
      bodies.append("<g transform=\"translate(0 \(SVG.number(top)))\">\n\(chart.body)</g>\n")
      top += chart.height
    }
    return SVG.document(
      width: width, height: max(1, top), title: charts.map(\.title).joined(separator: "; "), body: bodies.joined())
  }

  private struct Frame {
    let (left, top, right, bottom): (Double, Double, Double, Double)
    let (xTicks, yTicks): ([Double], [Double])
    let chart: LineChart

    func place(_ point: (x: Double, y: Double)) -> (x: Double, y: Double)? {
      guard chart.x.holds(point.x), chart.y.holds(point.y), let x0 = xTicks.first, let x1 = xTicks.last,
        let y0 = yTicks.first, let y1 = yTicks.last
      else { return nil }
      return (
        left + chart.x.position(point.x, between: x0, and: x1) * (right - left),
        bottom - chart.y.position(point.y, between: y0, and: y1) * (bottom - top)
      )
    }
  }

  /// The series in drawing order, background first. `number` is the index of a series' look; `isNamed` says whether the
  /// legend lists the series.
  private var drawn: [(series: Series, number: Int, isNamed: Bool)] {
    var (number, hasBackground) = (0, false)
    let numbered = series.map { series -> (series: Series, number: Int, isNamed: Bool) in
      defer {
        if series.style == .own { number += 1 }
        if series.style == .background { hasBackground = true }
      }
      return (series, series.look ?? number, series.style != .background || !hasBackground)
    }
    return numbered.filter { $0.series.style == .background } + numbered.filter { $0.series.style != .background }
  }

  private var body: String {
    let seen = series.flatMap(\.points).filter { x.holds($0.x) && y.holds($0.y) }
    let yTicks = y.ticks(for: seen.map(\.y), about: max(3, Int(height / 66)))
    let labelWidth = Double(yTicks.map { ChartAxis.text($0).count }.max() ?? 1) * 6.6
    // The legend stands at the right, where it covers no line.
    let named = series.count > 1 ? drawn.filter(\.isNamed) : []
    let legendWidth = named.isEmpty ? 12 : Double(named.map(\.series.name.count).max() ?? 0) * 6.1 + 44
    let frame = Frame(
      left: 34 + labelWidth, top: subtitle.isEmpty ? 40 : 56, right: LineChart.width - min(legendWidth, 230) - 8,
      bottom: height - 52, xTicks: x.ticks(for: seen.map(\.x), about: 8), yTicks: yTicks, chart: self)
    var out = SVG.text(title, x: 14, y: 22, style: "font-size:15px;font-weight:600")
    if !subtitle.isEmpty { out += SVG.text(subtitle, x: 14, y: 40, style: "font-size:11.5px;fill:#444") }
    out += axes(frame)
    for (series, number, _) in drawn { out += drawing(of: series, number, frame) }
    for (row, entry) in named.enumerated() {
      let (left, top) = (frame.right + 12, frame.top + 10 + Double(row) * 18)
      if entry.series.hasLine { out += SVG.line([(left, top), (left + 22, top)], stroke(entry.series, entry.number)) }
      if entry.series.hasMarkers { out += SVG.marker(entry.number, x: left + 11, y: top, fill: color(entry.number)) }
      out += SVG.text(entry.series.name, x: left + 28, y: top + 4, style: "font-size:11.5px")
    }
    return out
  }

  private func color(_ number: Int) -> String { LineChart.colors[number % LineChart.colors.count] }

  private func stroke(_ series: Series, _ number: Int) -> String {
    switch series.style {
    case .background: return "fill:none;stroke:#BBB;stroke-width:0.8"
    case .reference: return "fill:none;stroke:#111;stroke-width:1;stroke-dasharray:4 3"
    case .own:
      let dash = LineChart.dashes[number % LineChart.dashes.count]
      return "fill:none;stroke:\(color(number));stroke-width:1.8" + (dash.isEmpty ? "" : ";stroke-dasharray:\(dash)")
    }
  }

  private func axes(_ frame: Frame) -> String {
    var out = ""
    for value in frame.yTicks {
      guard let place = frame.place((frame.xTicks[0], value)) else { continue }
      out += SVG.line([(frame.left, place.y), (frame.right, place.y)], "stroke:#DDD;stroke-width:1")
      out += SVG.text(
        ChartAxis.text(value), x: frame.left - 7, y: place.y + 4, style: "font-size:11.5px;text-anchor:end")
    }
    for value in frame.xTicks {
      guard let place = frame.place((value, frame.yTicks[0])) else { continue }
      out += SVG.line([(place.x, frame.bottom), (place.x, frame.bottom + 5)], "stroke:#333;stroke-width:1")
      out += SVG.text(
        ChartAxis.text(value), x: place.x, y: frame.bottom + 19, style: "font-size:11.5px;text-anchor:middle")
    }
    out += SVG.line([(frame.left, frame.bottom), (frame.right, frame.bottom)], "stroke:#333;stroke-width:1")
    let middle = ((frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2)
    out += SVG.text(x.label, x: middle.0, y: frame.bottom + 40, style: "font-size:12.5px;text-anchor:middle")
    out += SVG.text(y.label, x: 16, y: middle.1, style: "font-size:12.5px;text-anchor:middle", turned: true)
    return out
  }

  private func drawing(of series: Series, _ index: Int, _ frame: Frame) -> String {
    var out = ""
    var part: [(x: Double, y: Double)] = []
    let places = series.points.map(frame.place)
    for place in places + [nil] {
      if let place {
        part.append(place)
      } else {
        if series.hasLine, part.count > 1 { out += SVG.line(part, stroke(series, index)) }
        part = []
      }
    }
    if series.hasMarkers {
      for place in places.compactMap({ $0 }) { out += SVG.marker(index, x: place.x, y: place.y, fill: color(index)) }
    }
    return out
  }
}
