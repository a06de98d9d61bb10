import Support

/// How alike two lists of numbers are.
package struct Agreement: Sendable, Equatable {
  /// The cosine similarity, or 0 if a list has only zeros.
  package let cosine: Double
  package let spearman: Double
  package let pearson: Double
  package let meanSquaredError: Double
  /// The mean squared error divided by the mean square of the second list, a number without a unit.
  package let relativeError: Double

  /// Every measure with its name in JSON.
  package static let measures: [(name: String, path: KeyPath<Agreement, Double> & Sendable)] = [
    ("cosine", \.cosine), ("spearman", \.spearman), ("pearson", \.pearson),
    ("mean_squared_error", \.meanSquaredError), ("relative_squared_error", \.relativeError),
  ]

  /// Compares two lists element by element.
  ///
  /// - Precondition: both lists have the same count.
  package init(_ left: [Double], _ right: [Double]) {
    self.init(left, right, ranks: (Correlation.ranks(left), Correlation.ranks(right)))
  }

  /// Compares two lists whose ranks are known already.
  init(_ left: [Double], _ right: [Double], ranks: (left: [Double], right: [Double])) {
    precondition(left.count == right.count)
    var (inner, ours, theirs, squares) = (0.0, 0.0, 0.0, 0.0)
    for (a, b) in zip(left, right) {
      inner += a * b
      ours += a * a
      theirs += b * b
      squares += (a - b) * (a - b)
    }
    let norms = (ours * theirs).squareRoot()
    cosine = norms > 0 ? inner / norms : 0
    pearson = Correlation.pearson(left, right)
    spearman = Correlation.pearson(ranks.left, ranks.right)
    meanSquaredError = left.isEmpty ? 0 : squares / Double(left.count)
    relativeError = theirs > 0 ? squares / theirs : 0
  }

  package var json: JSON {
    .object(JSONObject(Agreement.measures.map { .init(ByteString($0.name), .real(self[keyPath: $0.path])) }))
  }
}
