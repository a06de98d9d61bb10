import Analysis
import Optimizers
import Support
import Tensors
import Testing

@Suite struct RankTests {
  /// The incremental rule's ranks and exact error ratios, as NumPy finds them from the same gradients and sketches.
  @Test func agreesWithNumPy() throws {
    let fixture = try AnalysisFixture()
    let expected = try #require(fixture.json["ranks"])
    let matrices = try #require(expected["matrices"]?.array)
    let parameters = try matrices.map { item in
      let shape = try #require(item["shape"]?.array).compactMap(\.integer)
      return Parameter(
        name: "model.layers.0.\(item["name"]?.string ?? "").weight", role: .matrix, value: Tensor(zeros: shape))
    }
    func short(_ name: String) -> String { String(name.split(separator: ".")[3]) }
    let optimizer = try Optimizer(
      "adapprox",
      options: [
        ("start", "cold"), ("iterations", "2"), ("oversampling", "0"), ("truncate", "columns"),
        ("k-max", "\(expected["k_max"]?.integer ?? 0)"), ("error-threshold", "\(expected["threshold"]?.double ?? 0)"),
      ], parameters: parameters)
    optimizer.given = { use, name, step in
      use == "sketch" ? try? fixture.tensors.tensor("rank/sketch/\(short(name))/\(step)") : nil
    }
    let observer = RankObserver()
    optimizer.observers.append(observer)
    let steps = try #require(expected["steps"]?.integer)
    for step in 1...steps {
      for parameter in parameters {
        parameter.setGradient(try fixture.tensors.tensor("rank/G/\(short(parameter.name))/\(step)"))
      }
      try optimizer.takeStep(learningRate: 1e-3)
    }
    let report = try RankReport(observer)
    #expect(report.steps == Array(1...steps))
    var bytes = [Int](repeating: 0, count: steps)
    for (found, wanted) in zip(try #require(report.json["matrices"]?.array), matrices) {
      #expect(found["rank"] == wanted["rank"])
      let (got, errors) = (found["error_ratio"]?.doubles ?? [], wanted["error_ratio"]?.doubles ?? [])
      #expect(got.count == steps && zip(got, errors).allSatisfy { isClose($0, $1, 1e-4) }, "\(got), \(errors)")
      let sides = wanted["shape"]?.array?.compactMap(\.integer).reduce(0, +) ?? 0
      for (index, rank) in (wanted["rank"]?.array ?? []).compactMap(\.integer).enumerated() {
        bytes[index] += 4 * rank * sides
      }
    }
    #expect(report.bytes == bytes && report.denseBytes == 4 * (20 * 12 + 12 * 30))
    #expect(report.rows.map(\.last) == matrices.map { $0["rank"]?.array?.last?.integer })
    // Kinds are named without their layer.
    #expect(report.svg.contains(">tall<") && report.svg.contains(">threshold<"))
  }
}
