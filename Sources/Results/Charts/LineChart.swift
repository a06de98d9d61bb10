import Foundation

/// A chart of lines and markers as an SVG that reads on a screen and in print.
///
/// Series differ by colour (Okabe and Ito's palette, told apart by colour-blind readers), by marker and by dash, so that
/// a copy in greys stays legible. Points without a place on an axis (not finite; not above 0 on a logarithmic one) break the line.
public struct LineChart: Sendable {
  public struct Series: Sendable {
    public var name: String
    public var points: [(x: Double, y: Double)]
    /// Without, only the line.
    public var hasMarkers: Bool
    public var hasLine: Bool

    public init(_ name: String, _ points: [(x: Double, y: Double)], markers: Bool = true, line: Bool = true) {
      (self.name, self.points, hasMarkers, hasLine) = (name, points, markers, line)
    }
  }

  public var title: String
  /// What it was made from: matrix, run, sizes.
  public var subtitle: String
  public var x: ChartAxis
  public var y: ChartAxis
  public var series: [Series]

  public init(_ title: String, subtitle: String = "", x: ChartAxis, y: ChartAxis, series: [Series]) {
    (self.title, self.subtitle, self.x, self.y, self.series) = (title, subtitle, x, y, series)
  }

  static let colors = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F"]
  static let dashes = ["", "6 3", "2 2", "8 3 2 3", "", "6 3", "2 2", "8 3 2 3"]
  static let size = (width: 640.0, height: 400.0)

  /// The chart alone, `640 × 400` units.
  public var svg: String {
    SVG.document(width: LineChart.size.width, height: LineChart.size.height, title: title, body: body)
  }

  /// Charts below one another in one picture.
  public static func page(_ charts: [LineChart]) -> String {
    let bodies = charts.enumerated().map { index, chart in
      "<g transform=\"translate(0 \(SVG.number(Double(index) * size.height)))\">\n\(chart.body)</g>\n"
    }
    return SVG.document(
      width: size.width, height: size.height * Double(max(1, charts.count)),
      title: charts.map(\.title).joined(separator: "; "), body: bodies.joined())
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

  private var body: String {
    let seen = series.flatMap(\.points).filter { x.holds($0.x) && y.holds($0.y) }
    let yTicks = y.ticks(for: seen.map(\.y))
    let labelWidth = Double(yTicks.map { ChartAxis.text($0).count }.max() ?? 1) * 6.6
    // The legend stands at the right, where it covers nothing.
    let legendWidth = series.count > 1 ? Double(series.map(\.name.count).max() ?? 0) * 6.3 + 44 : 12
    let frame = Frame(
      left: 34 + labelWidth, top: subtitle.isEmpty ? 40 : 56, right: LineChart.size.width - min(legendWidth, 220) - 8,
      bottom: LineChart.size.height - 52, xTicks: x.ticks(for: seen.map(\.x), about: 8), yTicks: yTicks, chart: self)
    var out = SVG.text(title, x: 14, y: 22, style: "font-size:15px;font-weight:600")
    if !subtitle.isEmpty { out += SVG.text(subtitle, x: 14, y: 40, style: "font-size:11.5px;fill:#444") }
    out += axes(frame)
    for (index, series) in series.enumerated() { out += drawing(of: series, index, frame) }
    if series.count > 1 {
      for (index, series) in series.enumerated() {
        let (left, top) = (frame.right + 12, frame.top + 10 + Double(index) * 18)
        if series.hasLine { out += SVG.line([(left, top), (left + 22, top)], stroke(index)) }
        if series.hasMarkers { out += SVG.marker(index, x: left + 11, y: top, fill: color(index)) }
        out += SVG.text(series.name, x: left + 28, y: top + 4, style: "font-size:11.5px")
      }
    }
    return out
  }

  private func color(_ index: Int) -> String { LineChart.colors[index % LineChart.colors.count] }

  private func stroke(_ index: Int) -> String {
    let dash = LineChart.dashes[index % LineChart.dashes.count]
    return "fill:none;stroke:\(color(index));stroke-width:1.8" + (dash.isEmpty ? "" : ";stroke-dasharray:\(dash)")
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
        if series.hasLine, part.count > 1 { out += SVG.line(part, stroke(index)) }
        part = []
      }
    }
    if series.hasMarkers {
      for place in places.compactMap({ $0 }) { out += SVG.marker(index, x: place.x, y: place.y, fill: color(index)) }
    }
    return out
  }
}
