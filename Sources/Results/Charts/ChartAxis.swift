import Foundation

/// One axis of a chart: its label, its scale and the rule for its ticks.
package struct ChartAxis: Sendable, Equatable {
  package enum Scale: Sendable { case linear, logarithmic }

  package var label: String
  package var scale: Scale
  /// Values that the axis always covers, whatever the data.
  package var including: [Double]
  /// Ticks, ascending, used in place of computed ones if they span the values; e.g. powers of two for ranks.
  package var marks: [Double]

  package init(_ label: String, scale: Scale = .linear, including: [Double] = [], marks: [Double] = []) {
    (self.label, self.scale, self.including, self.marks) = (label, scale, including, marks)
  }

  /// Whether a value can be drawn on this axis: it must be finite, and above 0 on a logarithmic axis. Numbers near the ends of
  /// what a Double holds would make the differences and powers of ticks infinite or 0.
  package func holds(_ value: Double) -> Bool { abs(value) < 1e150 && (scale == .linear || value > 1e-150) }

  /// The ticks, ascending, about `count` of them. They enclose all values that ``holds(_:)`` admits.
  package func ticks(for values: [Double], about count: Int = 6) -> [Double] {
    let known = (values + including).filter(holds)
    var (low, high) = (known.min() ?? 0, known.max() ?? 1)
    let own = marks.filter(holds)
    if let first = own.first, let last = own.last, first < last, first <= low, high <= last { return own }
    if scale == .logarithmic {
      if known.isEmpty { (low, high) = (1, 10) }
      return ChartAxis.logarithmicTicks(low, high, about: count)
    }
    if low == high { (low, high) = low == 0 ? (0, 1) : (min(low, 0), max(low, 0)) }
    let step = ChartAxis.niceStep((high - low) / Double(max(1, count - 1)))
    let first = (low / step + 1e-9).rounded(.down)
    let last = (high / step - 1e-9).rounded(.up)
    return stride(from: first, through: last, by: 1).map { $0 * step }
  }

  /// The smallest step of at least `rough` that is 1, 2 or 5 times a power of ten; 1 where `rough` is not above 0.
  static func niceStep(_ rough: Double) -> Double {
    guard rough.isFinite, rough > 0 else { return 1 }
    let power = pow(10, log10(rough).rounded(.down))
    return ([1, 2, 5, 10].first { $0 * power >= rough * (1 - 1e-9) } ?? 10) * power
  }

  private static func logarithmicTicks(_ low: Double, _ high: Double, about count: Int) -> [Double] {
    let (first, last) = (Int((log10(low) + 1e-9).rounded(.down)), Int((log10(high) - 1e-9).rounded(.up)))
    if last - first <= 1 {
      // Within one decade, ticks at powers of ten alone would leave most of the axis bare.
      let marks = [1.0, 2, 5].flatMap { digit in (first...max(first, last)).map { digit * pow(10, Double($0)) } }
        .sorted()
      let from = marks.lastIndex { $0 <= low * (1 + 1e-9) } ?? 0
      let to = marks.firstIndex { $0 >= high * (1 - 1e-9) } ?? marks.count - 1
      if to > from { return Array(marks[from...to]) }
      return [marks[max(0, from - 1)], marks[min(marks.count - 1, from + 1)]]
    }
    let stepping = max(1, Int((Double(last - first) / Double(count)).rounded(.up)))
    // Counted from the top, so that the highest power always has a tick: a ratio's upper bound of 1 is one.
    var powers = Array(stride(from: last, through: first, by: -stepping))
    if let end = powers.last, end > first { powers.append(end - stepping) }
    return powers.reversed().map { pow(10, Double($0)) }
  }

  /// The place of a value between the outermost ticks `low` and `high`, as a fraction from 0 to 1.
  package func position(_ value: Double, between low: Double, and high: Double) -> Double {
    switch scale {
    case .linear: (value - low) / (high - low)
    case .logarithmic: (log10(value) - log10(low)) / (log10(high) - log10(low))
    }
  }

  /// A tick's value as people write it: `0.05`, `200`, `1e-5`.
  package static func text(_ value: Double) -> String {
    if abs(value) < 1e-12 { return "0" }
    if abs(value) >= 1e5 || abs(value) < 1e-3 {
      let exponent = Int((log10(abs(value)) + 1e-9).rounded(.down))
      let digits = String(format: "%.4g", value / pow(10, Double(exponent)))
      return digits == "1" ? "1e\(exponent)" : "\(digits)e\(exponent)"
    }
    return String(format: "%.6g", value)
  }
}
