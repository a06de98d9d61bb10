import Support

extension Metric {
  /// F1 with the second label as the positive class, as scikit-learn's `f1_score` for binary labels.
  static let f1 = Metric(classes: "f1", needsTwoLabels: true) { $0.f1(1) }

  /// The mean of every class's F1, over the classes that are predicted or right somewhere; `f1_score` with
  /// `average="macro"`.
  static let macroF1 = Metric(classes: "f1_macro") { counts in
    let present = counts.hits.indices.filter { counts.predicted[$0] + counts.actual[$0] > 0 }
    return present.isEmpty ? 0 : present.reduce(0) { $0 + counts.f1($1) } / Double(present.count)
  }

  /// Matthews correlation in its multiclass form (Gorodkin, 2004), computed from class counts. The score is 0 where the
  /// predictions or the labels are all of one class.
  static let matthewsCorrelation = Metric(classes: "matthews_correlation") { counts in
    Correlation.matthews(predicted: counts.predicted, actual: counts.actual, hits: counts.hits.reduce(0, +))
  }

  private init(
    classes name: String, needsTwoLabels: Bool = false, _ compute: @escaping @Sendable (ClassCounts) -> Double
  ) {
    self.init(
      name, kinds: [.classification], needsTwoLabels: needsTwoLabels,
      .statistic { ClassStatistic($0, $1, compute) })
  }
}

/// How often each class is predicted, is right, and is both.
private struct ClassCounts {
  var predicted: [Double]
  var actual: [Double]
  var hits: [Double]

  /// The harmonic mean of precision and recall; 0 for a class that occurs nowhere, as in scikit-learn.
  func f1(_ label: Int) -> Double {
    guard hits.indices.contains(label) else { return 0 }
    let total = predicted[label] + actual[label]
    return total == 0 ? 0 : 2 * hits[label] / total
  }
}

/// A score that follows from class counts.
///
/// Examples with the same predicted and right label are one cell. There are few cells, so that counting a resample takes
/// one addition for each example.
private struct ClassStatistic: ResampledStatistic {
  private let compute: @Sendable (ClassCounts) -> Double
  private var cells: [(predicted: Int, actual: Int)] = []
  /// The cell of each example.
  private var cellOf: [Int] = []
  private var classes = 0

  init(
    _ predictions: [Prediction], _ answers: [Answer], _ compute: @escaping @Sendable (ClassCounts) -> Double
  ) {
    self.compute = compute
    var known: [SIMD2<Int>: Int] = [:]
    for (prediction, answer) in zip(predictions, answers) {
      guard let predicted = prediction.label, case .label(let actual) = answer else {
        preconditionFailure("a metric of classes got no labels")
      }
      let key = SIMD2(predicted, actual)
      if known[key] == nil {
        known[key] = cells.count
        cells.append((predicted, actual))
      }
      cellOf.append(known[key, default: 0])
    }
    classes = cells.reduce(0) { max($0, $1.predicted + 1, $1.actual + 1) }
  }

  var count: Int { cellOf.count }

  func value(of multiplicity: [Int32]) -> Double {
    var sizes = [Int](repeating: 0, count: cells.count)
    for (cell, times) in zip(cellOf, multiplicity) { sizes[cell] += Int(times) }
    let none = [Double](repeating: 0, count: classes)
    var counts = ClassCounts(predicted: none, actual: none, hits: none)
    for (cell, size) in zip(cells, sizes) {
      counts.predicted[cell.predicted] += Double(size)
      counts.actual[cell.actual] += Double(size)
      if cell.predicted == cell.actual { counts.hits[cell.actual] += Double(size) }
    }
    return compute(counts)
  }
}
