import Foundation
import Results
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct ChartTests {
  /// Parses, so that a broken character or tag fails, and gathers the texts.
  private final class Reader: NSObject, XMLParserDelegate {
    var texts: [String] = []
    var elements: [String: Int] = [:]
    private var open = ""

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) {
      elements[name, default: 0] += 1
      open = ""
      for key in ["x", "y", "cx", "cy", "x1", "y1"] {
        if let value = attributes[key] { #expect(Double(value)?.isFinite == true, "\(name) \(key)=\(value)") }
      }
    }
    func parser(_ parser: XMLParser, foundCharacters string: String) { open += string }
    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
      if name == "text" { texts.append(open) }
    }
  }

  private func read(_ svg: String) throws -> Reader {
    let parser = XMLParser(data: Data(svg.utf8))
    let reader = Reader()
    parser.delegate = reader
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    return reader
  }

  @Test func textsAndShapes() throws {
    let chart = LineChart(
      "error < best & \"rank\"", subtitle: "a\u{1}b", x: ChartAxis("rank"), y: ChartAxis("error", scale: .logarithmic),
      series: [
        .init("S-RSI", [(1, 0.5), (2, 0.05), (4, .nan), (8, 0.005), (16, 0.002)]),
        .init("SVD", [(1, 0.4), (2, 0), (4, -1), (8, 0.004)], markers: false),
      ])
    let reader = try read(chart.svg)
    #expect(reader.texts.contains("error < best & \"rank\"") && reader.texts.contains("a b"))
    #expect(reader.texts.contains("S-RSI") && reader.texts.contains("SVD") && reader.texts.contains("0.01"))
    // The missing point breaks the first line in two; the second keeps no two neighbours, but its legend.
    let lines = chart.svg.components(separatedBy: "stroke-width:1.8").count - 1
    #expect(lines == 2 + 2)
    // Four points and one in the legend; the SVD has none.
    #expect(reader.elements["circle"] == 5 && reader.elements["polygon"] == nil)
  }

  @Test(
    arguments: [
      [], [(0, 0)], [(5, 5)], [(-3, -3), (-3, -3)], [(1e-300, 1e300)], [(.infinity, .nan)], [(1, 1e-9), (2, 1e9)],
    ] as [[(Double, Double)]])
  func anyData(_ points: [(Double, Double)]) throws {
    for scale in [ChartAxis.Scale.linear, .logarithmic] {
      let chart = LineChart(
        "t", x: ChartAxis("x"), y: ChartAxis("y", scale: scale), series: [.init("a", points.map { (x: $0.0, y: $0.1) })]
      )
      let page = LineChart.page([chart, chart])
      _ = try read(page)
      #expect(!page.contains("nan") && !page.contains("inf"))
    }
  }
}
