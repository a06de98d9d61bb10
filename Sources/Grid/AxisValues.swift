import Foundation
import Optimizers
import Support
import Training

/// The values of an axis as a user writes them: single values, and ranges such as `1e-6..1e-3/7`.
///
/// A range `LOW..HIGH/COUNT` has COUNT values with equal ratios, both ends included. Those between the ends are rounded
/// to three digits, so that names of cells stay readable: `1e-6..1e-4/5` is 1e-6, 3.16e-6, 1e-5, 3.16e-5, 1e-4. Of whole
/// numbers, those that are equal after rounding count once: `1..8/7` is 1, 2, 3, 4, 6, 8. A range of whole numbers without
/// COUNT is each of them: `1..5` is 1, 2, 3, 4, 5.
enum AxisValues {
  private static let form = "expected LOW..HIGH/COUNT, e.g. 1e-6..1e-3/7"
  /// The most values of a range. A larger number is more likely a slip than a grid.
  private static let most = 100

  /// The values of a text such as `1e-5,3e-5` or `1e-6..1e-3/7`.
  ///
  /// - Parameters:
  ///   - key: the axis, as in ``GridAxes/Axis/key``.
  ///   - origin: for messages, e.g. `--learning-rates`.
  static func list(_ text: String, key: String, origin: String) throws(GridError) -> [String] {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    return try expanded(parts.map { $0.trimmingCharacters(in: .whitespaces) }, key: key, origin: origin)
  }

  /// The values with each range replaced by its values.
  static func expanded(_ values: [String], key: String, origin: String) throws(GridError) -> [String] {
    guard let numbers = numbers(of: key) else { return values }
    var result: [String] = []
    for value in values {
      guard value.contains("..") else {
        result.append(value)
        continue
      }
      do throws(Fault) {
        result += try numbers == .whole && !value.contains("/") ? each(value) : range(value, numbers)
      } catch {
        throw .badAxis(origin: origin, reason: "\(value): \(error.reason)")
      }
    }
    return result
  }

  /// Whether the text is a range of an axis of numbers.
  static func isRange(_ text: String, key: String) -> Bool { text.contains("..") && numbers(of: key) != nil }

  /// A number rounded to three digits, as text that is read back as exactly this number.
  static func short(_ value: Double) -> String {
    "\(Double(String(format: "%.2e", locale: Locale(identifier: "en_US_POSIX"), value)) ?? value)"
  }

  private struct Fault: Error { let reason: String }

  /// Every whole number from one to another, e.g. of `1..5`.
  private static func each(_ text: String) throws(Fault) -> [String] {
    let ends = text.split(separator: "..", omittingEmptySubsequences: false)
    guard ends.count == 2, let low = UInt64(ends[0]), let high = UInt64(ends[1]) else {
      throw Fault(reason: "this is no range of whole numbers, expected LOW..HIGH, e.g. 1..5, or LOW..HIGH/COUNT")
    }
    guard low < high else { throw Fault(reason: notUpwards) }
    guard high - low < most else {
      throw Fault(
        reason: "a range of more than \(most) values, expected from 2 to \(most); LOW..HIGH/COUNT takes fewer of them")
    }
    return (low...high).map { "\($0)" }
  }

  private static let notUpwards = "the range ends at or below its beginning, expected the lower end first"

  private static func range(_ text: String, _ numbers: Setting.Numbers) throws(Fault) -> [String] {
    guard let dots = text.range(of: "..") else { throw Fault(reason: form) }
    let parts = text[dots.upperBound...].split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let low = Double(text[..<dots.lowerBound]), let high = Double(parts[0]), low.isFinite,
      high.isFinite
    else { throw Fault(reason: "this is no range, \(form)") }
    guard let count = Int(parts[1]), (2...most).contains(count) else {
      throw Fault(reason: "a range of \(parts[1]) values, expected from 2 to \(most)")
    }
    guard low > 0 else {
      throw Fault(reason: "the range begins at \(text[..<dots.lowerBound]), expected a number above 0")
    }
    guard low < high else {
      throw Fault(reason: notUpwards)
    }
    // The logarithms, since the ratio of two numbers may be too large for a number.
    let (from, to) = (log(low), log(high))
    let inner = (1..<count - 1).map { exp(from + (to - from) * Double($0) / Double(count - 1)) }
    switch numbers {
    case .real:
      let result = ["\(low)"] + inner.map(short) + ["\(high)"]
      guard Set(result).count == count else {
        throw Fault(reason: "its values are equal when rounded to three digits, expected fewer values or a wider range")
      }
      return result
    case .whole:
      guard let first = Int(exactly: low), let last = Int(exactly: high) else {
        throw Fault(reason: "expected whole numbers at both ends")
      }
      var result = [first]
      for value in inner.map({ Int($0.rounded()) }) + [last] where value > result[result.count - 1] {
        result.append(value)
      }
      return result.map(String.init)
    }
  }

  /// The numbers that the setting or optimizer option takes; `nil` where it takes none.
  private static func numbers(of key: String) -> Setting.Numbers? {
    guard key.hasPrefix(GridAxes.optionPrefix) else {
      return Setting.all(of: .run).first { $0.key == key }?.numbers
    }
    let parts = SettingName.kebab(String(key.dropFirst(GridAxes.optionPrefix.count))).split(separator: ".")
    let owners = OptimizerRegistry.specifications.filter { parts.count == 1 || $0.name == String(parts[0]) }
    for option in owners.flatMap(\.options) where option.key == parts.last.map(String.init) {
      switch option.kind {
      case .number: return .real
      case .integer, .steps: return .whole
      case .choice, .words: return nil
      }
    }
    return nil
  }
}
