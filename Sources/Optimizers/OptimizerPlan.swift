import Tensors

/// The memory that an optimizer will need, computed from the shapes of parameters that are not allocated yet.
package struct OptimizerPlan {
  private let rule: any OptimizerRule

  /// - Parameters:
  ///   - name: a name from ``OptimizerRegistry``, e.g. `adamw`.
  ///   - options: keys in kebab or snake case, with their values.
  /// - Throws: ``OptimizerError`` for an unknown optimizer, or an option that is unknown, repeated or out of range.
  package init(_ name: String, options: [(key: String, value: String)] = []) throws(OptimizerError) {
    let specification = try OptimizerRegistry.specification(name)
    rule = specification.makeRule(try OptimizerOptions(options, for: specification))
  }

  /// Whether the learning rate of a run has an effect. It has none where the rule computes a rate of its own.
  package var usesSchedule: Bool { rule.ownLearningRate(step: 1) == nil }

  /// Bytes of the states of these parameters, by kind. A frozen parameter has no state.
  ///
  /// - Parameter atItsLargest: whether to count the largest size that states may grow to; `false` counts the initial
  ///   size.
  package func stateBytes(_ parameters: [ParameterShape], atItsLargest: Bool = false) -> [StateKind: Int] {
    let layout = atItsLargest ? rule.largestStateLayout : rule.stateLayout
    return parameters.filter(\.isTrainable).flatMap(layout).reduce(into: [:]) {
      $0[$1.kind, default: 0] += $1.byteCount
    }
  }

  /// Bytes of physical memory that the states occupy at their largest size, when only some rows of some embeddings are
  /// ever trained.
  ///
  /// - Parameter touchedRows: the trained rows by parameter name, in ascending order. A parameter that is not listed is
  ///   trained in all rows.
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
