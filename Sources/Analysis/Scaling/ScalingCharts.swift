import Results

extension ScalingReport {
  /// An SVG page. Its first chart plots the averaged factors of R and S against those of G; each further chart follows
  /// one measure along the run.
  package func svg(_ level: Level) -> String {
    let measures: [(String, String, KeyPath<Agreement, Double>)] = [
      ("Cosine similarity", "cosine", \.cosine), ("Spearman correlation", "Spearman", \.spearman),
      ("Pearson correlation", "Pearson", \.pearson),
      ("Squared error, relative to the mean square", "relative error", \.relativeError),
    ]
    return LineChart.page(
      [averages(level)]
        + measures.map { title, label, measure in
          LineChart(
            title, subtitle: "of \(subject(level))" + (window > 1 ? ", means of \(window) steps" : ", step by step"),
            x: ChartAxis("step"),
            y: ChartAxis(label, scale: measure == \.relativeError ? .logarithmic : .linear),
            series: GradientPart.pairs.indices.map { pair in
              .init(
                "\(GradientPart.pairs[pair].left.symbol) and \(GradientPart.pairs[pair].right.symbol)",
                smoothed(overSteps(level).map { $0[pair][keyPath: measure] }),
                markers: false)
            }, height: 230)
        })
  }

  /// How many steps one point of a line averages. Noise from step to step would otherwise hide the trend.
  private var window: Int { max(1, observer.steps.count / 60) }

  private func smoothed(_ values: [Double]) -> [(x: Double, y: Double)] {
    stride(from: 0, to: values.count, by: window).map { start in
      let part = start..<min(start + window, values.count)
      let steps = part.map { Double(observer.steps[$0].step) }
      return (x: steps.mean ?? 0, y: part.map { values[$0] }.mean ?? 0)
    }
  }

  private func subject(_ level: Level) -> String {
    switch level {
    case .matrices: "the factors of \(observer.matrices.count) matrices"
    case .columns: "the factors of \(observer.matrices.reduce(0) { $0 + $1.vectors }) rows and columns"
    }
  }

  private func averages(_ level: Level) -> LineChart {
    let values = level == .matrices ? observer.averageWhole : observer.averageColumns
    let full = values[.full] ?? []
    // A few hundred points show the shape of the cloud, which thousands of overlapping points would hide.
    let stride = max(1, full.count / 250)
    let shown = Swift.stride(from: 0, to: full.count, by: stride)
    let ends = [full.min() ?? 1, full.max() ?? 1]
    let sample = stride > 1 ? ", every \(stride)th shown" : ""
    return LineChart(
      "Scaling factors φ, averaged over the run",
      subtitle: "\(subject(level))\(sample); R projected (rank \(ranks)), S residual, G full gradient",
      x: ChartAxis("φ of the full gradient", scale: .logarithmic),
      y: ChartAxis("φ of its parts", scale: .logarithmic),
      series: [.init("equal", ends.map { (x: $0, y: $0) }, style: .reference)]
        + [GradientPart.projected, .residual].map { part in
          .init(
            part.symbol, shown.map { (x: full[$0], y: (values[part] ?? [])[$0]) }, line: false)
        }, height: 330)
  }

  private var ranks: String {
    let all = Set(observer.matrices.map(\.rank)).sorted()
    guard let first = all.first, let last = all.last else { return "" }
    return first == last ? "\(first)" : "\(first) to \(last)"
  }
}

extension GradientPart {
  var symbol: String {
    switch self {
    case .projected: "φ(R)"
    case .residual: "φ(S)"
    case .full: "φ(G)"
    }
  }
}
