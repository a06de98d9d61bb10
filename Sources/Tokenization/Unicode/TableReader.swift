/// Reads the text forms of the generated tables: `41-5a`, `c0=41.300`, `e6:8d4-8e1,1dfb`.
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
      // `from=` alone maps to nothing.
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
