import Support

/// How alike two lists of numbers are.
package struct Agreement: Sendable, Equatable {
  package let cosine: Double
  package let spearman: Double
  package let pearson: Double
  package let meanSquaredError: Double
  /// The mean squared error over the mean square of the second list: without its unit.
  package let relativeError: Double

  /// Names in JSON, and what they name.
  package static let measures: [(name: String, path: KeyPath<Agreement, Double> & Sendable)] = [
    ("cosine", \.cosine), ("spearman", \.spearman), ("pearson", \.pearson),
    ("mean_squared_error", \.meanSquaredError), ("relative_squared_error", \.relativeError),
  ]

  /// - Precondition: as many values in both.
  package init(_ left: [Double], _ right: [Double]) {
    self.init(left, right, ranks: (Correlation.ranks(left), Correlation.ranks(right)))
  }

  /// The same with ranks known already.
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
