/// Reads the generated tables, whose entries are separated by spaces and written in hexadecimal.
///
/// Examples of entries are the range `41-5a`, the mapping `c0=41.300` (U+00C0 to U+0041 U+0300) and the combining class
/// `e6:8d4-8e1,1dfb` (class 230 for a range and a scalar).
enum TableReader {
  static func text(_ table: StaticString) -> Substring { Substring("\(table)") }

  static func ranges(_ text: Substring, separator: Character = " ") -> [ClosedRange<UInt32>] {
    text.split(separator: separator).map { word in
      let bounds = word.split(separator: "-").map(value)
      return bounds[0]...(bounds.last ?? bounds[0])
    }
  }

  static func mappings(_ table: StaticString) -> [UInt32: [UInt32]] {
    var result: [UInt32: [UInt32]] = [:]
    for word in text(table).split(separator: " ") {
      let parts = word.split(separator: "=")
      // An entry `from=` without a right-hand side maps its character to an empty sequence.
      result[value(parts[0])] = parts.count > 1 ? parts[1].split(separator: ".").map(value) : []
    }
    return result
  }

  static func classes(_ table: StaticString) -> [UInt32: UInt8] {
    var result: [UInt32: UInt8] = [:]
    for word in text(table).split(separator: " ") {
      let parts = word.split(separator: ":")
      for range in ranges(parts[1], separator: ",") {
        for scalar in range { result[scalar] = UInt8(truncatingIfNeeded: value(parts[0])) }
      }
    }
    return result
  }

  private static func value(_ digits: Substring) -> UInt32 {
    guard let value = UInt32(digits, radix: 16) else { preconditionFailure("generated table: \(digits)") }
    return value
  }
}
