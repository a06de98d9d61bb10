import Tensors

/// What an optimizer will take for parameters that are not there yet.
package struct OptimizerPlan {
  private let rule: any OptimizerRule

  /// - Parameters:
  ///   - name: of ``OptimizerRegistry``.
  ///   - options: as given, in kebab or snake case.
  /// - Throws: ``OptimizerError`` for an unknown optimizer or option.
  package init(_ name: String, options: [(key: String, value: String)] = []) throws(OptimizerError) {
    let specification = try OptimizerRegistry.specification(name)
    rule = specification.makeRule(try OptimizerOptions(options, for: specification))
  }

  /// Whether the learning rate that a run is given has an effect: not where the rule takes one of its own.
  package var usesSchedule: Bool { rule.ownLearningRate(step: 1) == nil }

  /// Bytes of the states of these parameters, by kind. A frozen parameter has none.
  ///
  /// - Parameter atItsLargest: the most they may grow to, in place of what they start with.
  package func stateBytes(_ parameters: [ParameterShape], atItsLargest: Bool = false) -> [StateKind: Int] {
    let layout = atItsLargest ? rule.largestStateLayout : rule.stateLayout
    return parameters.filter(\.isTrainable).flatMap(layout).reduce(into: [:]) {
      $0[$1.kind, default: 0] += $1.byteCount
    }
  }

  /// Bytes of memory that the states, at their largest, occupy when of some tables only these rows are ever trained.
  ///
  /// - Parameter touchedRows: by parameter name, in ascending order; all rows of the others.
  package func residentStateBytes(_ parameters: [ParameterShape], touchedRows: [String: [Int]]) -> Int {
    parameters.filter(\.isTrainable).reduce(0) { sum, shape in
      rule.largestStateLayout(for: shape).reduce(sum) { sum, entry in
        guard entry.isByRow(of: shape), let rows = touchedRows[shape.name] else { return sum + entry.byteCount }
        let pages = CommittedPages.bytes(rows: rows, rowBytes: entry.byteCount / max(1, shape.shape[0]))
        return sum + min(entry.byteCount, pages)
      }
    }
  }
}
