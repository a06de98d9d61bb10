/// The mean of repeated measurements, and how far they scatter.
package struct SampleStatistics: Sendable {
  package let count: Int
  package let mean: Double
  /// Sample standard deviation, which divides by n − 1; `nil` for one value.
  package let standardDeviation: Double?
  /// Standard error of the mean, the standard deviation divided by √n; `nil` for one value.
  package let standardError: Double?

  /// - Parameter values: at least one value; `nil` is returned for none.
  package init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    count = values.count
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.mean = mean
    let deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : nil
    standardDeviation = deviation
    standardError = deviation.map { $0 / Double(values.count).squareRoot() }
  }
}
