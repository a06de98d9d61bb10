import Results
import Support

/// The ranks that Adapprox chose along a run, with their error ratios and memory.
package struct RankReport {
  private let matrices: [RankObserver.Matrix]
  /// The steps in which at least one second moment was factored, in ascending order.
  package let steps: [Int]

  /// - Throws: ``AnalysisError/nothingObserved(what:)`` for a run that factored nothing.
  package init(_ observer: RankObserver) throws(AnalysisError) {
    matrices = observer.matrices
    steps = Set(matrices.flatMap(\.steps)).sorted()
    guard !steps.isEmpty else { throw .nothingObserved(what: "no step factored a second moment") }
  }

  /// One row for each matrix: the largest rank it may have, its first, mean and last rank, and its last error ratio.
  package var rows: [(name: String, largest: Int, first: Int, mean: Double, last: Int, error: Double)] {
    matrices.map {
      (
        $0.name, $0.largestRank, $0.ranks.first ?? 0, $0.ranks.map(Double.init).mean ?? 0, $0.ranks.last ?? 0,
        $0.errors.last ?? 0
      )
    }
  }

  /// The bytes of all factors after each of ``steps``. A matrix that a step does not factor keeps its earlier factors.
  package var bytes: [Int] {
    var (now, next) = ([Int](repeating: 0, count: matrices.count), [Int](repeating: 0, count: matrices.count))
    return steps.map { step in
      for index in matrices.indices where next[index] < matrices[index].steps.count {
        guard matrices[index].steps[next[index]] == step else { continue }
        now[index] = matrices[index].bytes(matrices[index].ranks[next[index]])
        next[index] += 1
      }
      return now.reduce(0, +)
    }
  }

  /// The bytes that the same second moments would take without a factorization.
  package var denseBytes: Int { matrices.reduce(0) { $0 + $1.denseBytes } }

  /// The averages over all matrices, and the bytes after the last step.
  package var summary: JSON {
    let last = rows.map { Double($0.last) }.mean
    let mean = rows.map(\.mean).mean
    return .object(
      JSONObject([
        "matrices": .integer(matrices.count), "mean_rank": mean.map(JSON.real) ?? .null,
        "mean_last_rank": last.map(JSON.real) ?? .null, "dense_bytes": .integer(denseBytes),
        "last_bytes": .integer(bytes.last ?? 0),
      ]))
  }

  /// The whole report, as `rank.json` has it.
  package var json: JSON {
    .object(
      JSONObject([
        "schema_version": .integer(1), "analysis": .text("rank"), "summary": summary, "steps": .integers(steps),
        "bytes": .integers(bytes),
        "matrices": .array(
          matrices.map { matrix in
            .object(
              JSONObject([
                "name": .text(matrix.name), "shape": .integers(matrix.shape),
                "largest_rank": .integer(matrix.largestRank),
                "threshold": matrix.threshold.map(JSON.real) ?? .null, "steps": .integers(matrix.steps),
                "rank": .integers(matrix.ranks), "error_ratio": .reals(matrix.errors),
              ]))
          }),
      ]))
  }

  /// An SVG page of three charts: ranks, error ratios and memory along the run.
  package var svg: String {
    let thresholds = Set(matrices.compactMap(\.threshold)).sorted()
    let last = steps.last.map(Double.init) ?? 1
    let mebibytes = bytes.map(Mebibytes.of)
    return LineChart.page([
      chart("Rank of the second moments", "rank", ChartAxis("rank", including: [0])) { $0.ranks.map(Double.init) },
      chart(
        "Error ratio of the second moments", "error ratio", ChartAxis("‖V − QUᵀ‖ / ‖V‖", scale: .logarithmic),
        thresholds.map { value in
          .init("threshold", [(x: Double(steps[0]), y: value), (x: last, y: value)], style: .reference)
        }
      ) { $0.errors },
      LineChart(
        "Memory of the second moments", subtitle: "factors of \(matrices.count) matrices", x: ChartAxis("step"),
        y: ChartAxis("MiB", including: [0]),
        series: [
          .init("factored", zip(steps, mebibytes).map { (x: Double($0), y: $1) }, markers: false),
          .init(
            "kept whole", [Double(steps[0]), last].map { (x: $0, y: Mebibytes.of(denseBytes)) },
            style: .reference),
        ], height: 230),
    ])
  }

  /// A chart with a grey line for each matrix, and a coloured line for the mean of each kind of matrix. If there are
  /// more kinds than distinct colours, those with the most elements are shown.
  private func chart(
    _ title: String, _ what: String, _ y: ChartAxis, _ references: [LineChart.Series] = [],
    _ values: (RankObserver.Matrix) -> [Double]
  ) -> LineChart {
    func points(_ matrix: RankObserver.Matrix) -> [(x: Double, y: Double)] {
      zip(matrix.steps, values(matrix)).map { (x: Double($0), y: $1) }
    }
    let groups = Dictionary(grouping: matrices, by: \.kind)
    func elements(_ kind: String) -> Int { groups[kind]?.reduce(0) { $0 + $1.denseBytes } ?? 0 }
    let kinds = groups.keys.sorted { (elements($1), $0) < (elements($0), $1) }.prefix(LineChart.distinctSeries)
    let means = kinds.map { kind -> LineChart.Series in
      var sums: [Int: (sum: Double, count: Int)] = [:]
      for matrix in groups[kind] ?? [] {
        for (step, value) in zip(matrix.steps, values(matrix)) {
          let (sum, count) = sums[step] ?? (0, 0)
          sums[step] = (sum + value, count + 1)
        }
      }
      let name = kind.count > 27 ? "…" + kind.suffix(26) : kind
      return .init(
        name, sums.sorted { $0.key < $1.key }.map { (x: Double($0.key), y: $0.value.sum / Double($0.value.count)) },
        markers: false)
    }
    return LineChart(
      title, subtitle: "each of \(matrices.count) matrices, and the means of the largest kinds over the layers",
      x: ChartAxis("step"), y: y,
      series: matrices.map { .init("each matrix", points($0), style: .background) } + means + references, height: 330)
  }
}
