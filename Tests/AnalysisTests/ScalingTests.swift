import Analysis
import Optimizers
import Support
import Tensors
import Testing

@Suite struct ScalingTests {
  /// Factors and their agreement, step by step and averaged, as NumPy and scipy find them from the same gradients.
  @Test func agreesWithNumPy() throws {
    let fixture = try AnalysisFixture()
    let expected = try #require(fixture.json["scaling"])
    let steps = try #require(expected["steps"]?.integer)
    let names = ["tall", "wide", "square"]
    let parameters = try names.map { name in
      let shape = try #require(expected["shapes"]?[name]?.array).compactMap(\.integer)
      return Parameter(name: name, role: .matrix, value: Tensor(zeros: shape))
    }
    let bias = Parameter(name: "bias", role: .bias, value: Tensor(zeros: [3]))
    let optimizer = try Optimizer("fira", options: [("rank", "2")], parameters: parameters + [bias])
    optimizer.given = { use, name, _ in use == "P" ? try? fixture.tensors.tensor("P/" + name) : nil }
    let observer = ScalingObserver(skipping: try #require(expected["skipped"]?.integer))
    optimizer.observers.append(observer)
    for step in 1...steps {
      for parameter in parameters {
        parameter.setGradient(try fixture.tensors.tensor("G/\(parameter.name)/\(step)"))
      }
      bias.setGradient(Tensor([1, 2, 3], shape: [3]))
      try optimizer.takeStep(learningRate: 1e-3, gradientScale: Float(expected["gradient_scale"]?.double ?? 0))
    }
    let report = try ScalingReport(observer, optimizer: "fira")
    #expect(report.json["steps"]?.array?.count == steps && report.json["each_matrix"]?.array?.count == 3)
    let over = try #require(expected["over_steps"]?.array)
    for level in ScalingReport.Level.allCases {
      for (pair, name) in GradientPart.pairs.map(GradientPart.name).enumerated() {
        let found = try #require(report.json[level.rawValue]?[name])
        for (measure, path) in Agreement.measures {
          let wanted = over.compactMap { $0[level.rawValue]?.array?[pair][measure]?.double }
          let got = found["over_steps"]?[measure]?.doubles ?? []
          #expect(got.count == steps && wanted.count == steps)
          let isAlike = zip(got, wanted).allSatisfy { isClose($0, $1, 2e-5) }
          #expect(isAlike, "\(level) \(name) \(measure): \(got), \(wanted)")
          let counted = wanted.dropFirst(observer.skipped)
          #expect(
            isClose(report.meanOverSteps(level, pair: pair, path), counted.reduce(0, +) / Double(counted.count), 2e-5))
          let average = expected["of_averages"]?[level.rawValue]?.array?[pair][measure]?.double
          #expect(isClose(found["of_averages"]?[measure]?.double, average, 2e-5), "\(level) \(name) \(measure)")
        }
      }
    }
    for (index, matrix) in (report.json["each_matrix"]?.array ?? []).enumerated() {
      for part in GradientPart.allCases {
        let wanted = expected["factors"]?[part.rawValue]?.doubles[index]
        #expect(isClose(matrix["factors"]?[part.rawValue]?.double, wanted, 1e-5))
      }
    }
    for level in ScalingReport.Level.allCases { #expect(report.svg(level).contains("φ(R) and φ(G)")) }
  }

  /// Watching changes no weight by a bit.
  @Test func watchingChangesNothing() throws {
    func train(_ observers: [any OptimizerObserver]) throws -> [Float] {
      let fixture = try AnalysisFixture()
      let weights = ["tall", "wide", "square"].map { name in
        let shape = (fixture.json["scaling"]?["shapes"]?[name]?.array ?? []).compactMap(\.integer)
        return Parameter(name: name, role: .matrix, value: Tensor(zeros: shape))
      }
      let optimizer = try Optimizer("fira", options: [("rank", "2")], parameters: weights, seed: 3)
      optimizer.observers = observers
      for step in 1...6 {
        for weight in weights { weight.setGradient(try fixture.tensors.tensor("G/\(weight.name)/\(step)")) }
        try optimizer.takeStep(learningRate: 1e-3, gradientScale: 0.5)
      }
      return weights.flatMap(\.value.values)
    }
    let plain = try train([])
    #expect(try plain == train([ScalingObserver()]) && plain.contains { $0 != 0 })
  }

  @Test func nothingToSee() {
    #expect(throws: AnalysisError.self) { try ScalingReport(ScalingObserver(), optimizer: "fira") }
    #expect(throws: AnalysisError.self) { try RankReport(RankObserver()) }
  }
}
