import Foundation
import Results
import Support

extension FactorizationAnalysis {
  /// The shares of Σ σ² for which the report says how many singular values hold them.
  package static let shares = [0.9, 0.99, 0.999]

  /// The whole analysis, as `factorization.json` has it, with the command and environment that produced it.
  package func json(threads: Int, blas: String, command: [String]) -> JSON {
    .object(
      JSONObject([
        "schema_version": .integer(1), "analysis": .text("factorization"),
        "input": .object(
          JSONObject([
            "path": .text(input.path), "sha256": .text(input.sha256),
            "metadata": .object(JSONObject(input.metadata.map { .init(ByteString($0.key), .text($0.value)) })),
            "ignored": .array(input.ignored.map(JSON.text)), "zero": .array(zero.map(JSON.text)),
          ])),
        "ranks": .integers(ranks), "iterations": .integer(options.iterations),
        "oversampling": .integer(options.oversampling), "repeats": .integer(options.repeats),
        "seed": .number(String(options.seed)), "mean": mean,
        "matrices": .array(matrices.map(FactorizationAnalysis.json)),
        "environment": Environment.json(threads: threads, blas: blas), "command": .array(command.map(JSON.text)),
      ]))
  }

  private var mean: JSON {
    var object = JSONObject(["matrices": .integer(common.count)])
    for method in FactorizationMethod.allCases {
      object[method.rawValue] = .object(
        JSONObject(["errors": .reals(mean(method, \.errors)), "seconds": .reals(mean(method, \.seconds))]))
    }
    return .object(object)
  }

  private static func json(_ matrix: MatrixFactorization) -> JSON {
    var object = JSONObject([
      "name": .text(matrix.name), "shape": .integers(matrix.shape),
      "values_holding": .object(
        JSONObject(shares.map { .init(ByteString("\($0)"), .integer(matrix.rank(holding: $0))) })),
    ])
    for method in FactorizationMethod.allCases {
      guard let curve = matrix.curves[method] else { continue }
      object[method.rawValue] = .object(
        JSONObject(["errors": .reals(curve.errors), "seconds": .reals(curve.seconds)]))
    }
    object["spectrum"] = .reals(matrix.spectrum)
    return .object(object)
  }

  /// An SVG page of four charts: spectra, errors, errors beyond the SVD's, and times.
  package var svg: String { LineChart.page([spectra, errors, excess, times]) }

  private var source: String {
    let step = input.metadata.first { $0.key == "step" }.map { ", step \($0.value)" } ?? ""
    return (input.path as NSString).lastPathComponent + step
  }

  private var spectra: LineChart {
    // Values below 1e-7 of the largest are only Float's rounding.
    func visible(_ values: [Double]) -> [(x: Double, y: Double)] {
      values.enumerated().filter { $1 >= 1e-7 }.map { (Double($0 + 1), $1) }
    }
    let length = matrices.map(\.spectrum.count).max() ?? 0
    let median = (0..<length).map { index in
      matrices.compactMap { index < $0.spectrum.count ? $0.spectrum[index] : nil }.median ?? 0
    }
    return LineChart(
      "Singular values of second moments", subtitle: "\(matrices.count) matrices of \(source)",
      x: ChartAxis("index of the singular value", scale: .logarithmic, marks: doubling(length)),
      y: ChartAxis("share of the largest", scale: .logarithmic),
      series: matrices.map { .init("each matrix", visible($0.spectrum), style: .background) } + [
        .init("median", visible(median), markers: false)
      ], height: 275)
  }

  private var errors: LineChart {
    curves(
      "Error of the factorizations",
      subtitle: "mean of \(common.count) matrices; S-RSI with l = \(options.iterations), p = \(options.oversampling)",
      "‖V − V̂‖ / ‖V‖", \.errors)
  }

  /// How far the errors of S-RSI exceed the SVD's, in percent. The lines in ``errors`` lie too close to show this.
  private var excess: LineChart {
    let best = mean(.svd, \.errors)
    let series = FactorizationMethod.allCases.enumerated().filter { [.subspace, .published].contains($1) }.map {
      LineChart.Series(
        $1.title,
        // No matrix of rank k is nearer than the SVD's, so a negative excess is rounding.
        zip(ranks, zip(mean($1, \.errors), best)).map { (x: Double($0), y: max(0, 100 * ($1.0 / $1.1 - 1))) }, look: $0)
    }
    return LineChart(
      "Error of S-RSI beyond the SVD's", subtitle: "of the means of \(common.count) matrices",
      x: ChartAxis("rank", scale: .logarithmic, marks: doubling(ranks.last ?? 1)),
      y: ChartAxis("% above the SVD", including: [0]), series: series, height: 250)
  }

  private var times: LineChart {
    curves("Time of the factorizations", subtitle: "mean of \(common.count) matrices", "seconds a matrix", \.seconds)
  }

  private func curves(
    _ title: String, subtitle: String, _ label: String, _ part: KeyPath<FactorizationCurve, [Double]>
  ) -> LineChart {
    LineChart(
      title, subtitle: subtitle,
      x: ChartAxis("rank", scale: .logarithmic, marks: doubling(ranks.last ?? 1)),
      y: ChartAxis(label, scale: .logarithmic),
      series: FactorizationMethod.allCases.map { method in
        .init(method.title, zip(ranks, mean(method, part)).map { (x: Double($0), y: $1) })
      }, height: 275)
  }

  /// The powers of two from 1 to the first that is at least `last`, e.g. 1, 2, 4, 8 for 5.
  private func doubling(_ last: Int) -> [Double] {
    var marks = [1.0]
    while let end = marks.last, end < Double(last) { marks.append(end * 2) }
    return marks
  }
}
