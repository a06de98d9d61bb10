import Support

/// How alike the scaling factors of projected, residual and full gradients were along a run.
package struct ScalingReport {
  /// Whether there is one factor for each matrix, or one for each of its rows or columns.
  package enum Level: String, CaseIterable, Sendable {
    case matrices
    case columns
  }

  let observer: ScalingObserver
  let optimizer: String

  /// - Throws: ``AnalysisError/nothingObserved(what:)`` for a run without projected gradients.
  package init(_ observer: ScalingObserver, optimizer: String) throws(AnalysisError) {
    observer.finishStep()
    guard observer.steps.contains(where: { $0.step > observer.skipped }) else {
      throw .nothingObserved(
        what: observer.steps.isEmpty
          ? "no step projected a gradient"
          : "all \(observer.steps.count) steps are among the \(observer.skipped) skipped")
    }
    (self.observer, self.optimizer) = (observer, optimizer)
  }

  /// One list for each step, with one agreement for each of ``GradientPart/pairs``.
  func overSteps(_ level: Level) -> [[Agreement]] {
    observer.steps.map { level == .matrices ? $0.matrices : $0.columns }
  }

  /// The mean of one measure over the steps that are not skipped; `pair` is an index of ``GradientPart/pairs``.
  package func meanOverSteps(_ level: Level, pair: Int, _ measure: KeyPath<Agreement, Double>) -> Double {
    zip(observer.steps, overSteps(level)).filter { $0.0.step > observer.skipped }.map { $1[pair][keyPath: measure] }
      .mean ?? .nan
  }

  /// The agreement of the factors after each is averaged over the steps that are not skipped, one for each pair.
  package func ofAverages(_ level: Level) -> [Agreement] {
    ScalingObserver.agreements(level == .matrices ? observer.averageWhole : observer.averageColumns)
  }

  /// The agreements of both levels as JSON, without the values of single steps.
  package var summary: JSON {
    .object(
      JSONObject(
        Level.allCases.map { level in .init(ByteString(level.rawValue), self.json(level, withSteps: false)) }))
  }

  /// The whole report, as `scaling.json` has it.
  package var json: JSON {
    var object = JSONObject([
      "schema_version": .integer(1), "analysis": .text("scaling"), "optimizer": .text(optimizer),
      "skipped_steps": .integer(observer.skipped), "steps": .integers(observer.steps.map(\.step)),
    ])
    for level in Level.allCases { object[level.rawValue] = json(level, withSteps: true) }
    object["each_matrix"] = .array(observer.matrices.map(ScalingReport.json))
    return .object(object)
  }

  private func json(_ level: Level, withSteps: Bool) -> JSON {
    let (averages, steps) = (ofAverages(level), overSteps(level))
    return .object(
      JSONObject(
        GradientPart.pairs.enumerated().map { index, pair in
          let means = Agreement.measures.map {
            JSONObject.Member(ByteString($0.name), .real(meanOverSteps(level, pair: index, $0.path)))
          }
          var object = JSONObject([
            "mean_over_steps": .object(JSONObject(means)), "of_averages": averages[index].json,
          ])
          if withSteps {
            object["over_steps"] = .object(
              JSONObject(
                Agreement.measures.map { measure in
                  .init(ByteString(measure.name), .reals(steps.map { $0[index][keyPath: measure.path] }))
                }))
          }
          return .init(ByteString(GradientPart.name(pair)), .object(object))
        }))
  }

  private static func json(_ matrix: ScalingObserver.Matrix) -> JSON {
    var object = JSONObject([
      "name": .text(matrix.name), "shape": .integers(matrix.shape), "rank": .integer(matrix.rank),
      "vectors": .integer(matrix.vectors),
    ])
    let columns = Dictionary(
      uniqueKeysWithValues: GradientPart.allCases.map { ($0, ScalingObserver.averageColumns(matrix, $0)) })
    object["factors"] = .object(
      JSONObject(
        GradientPart.allCases.map {
          .init(ByteString($0.rawValue), .real((matrix.wholeSums[$0] ?? 0) / Double(max(1, matrix.count))))
        }))
    object["columns_of_averages"] = .object(
      JSONObject(
        zip(GradientPart.pairs, ScalingObserver.agreements(columns)).map {
          .init(ByteString(GradientPart.name($0)), $1.json)
        }))
    return .object(object)
  }
}
