import Support

/// Where a row holds a text: the name of a table's column, or a path in a JSON value such as `answers[0].text`,
/// `question.choices[*].text` or `["a.key with dots"].text`.
package struct FieldPath: Sendable, Equatable, CustomStringConvertible {
  enum Step: Sendable, Equatable {
    case key([UInt8])
    /// The element of a list, from 0.
    case element(Int)
    /// Every element of a list.
    case all
  }

  /// The path as `task.yaml` gives it; in a table the name of a column.
  package let text: String
  /// The name of a column, which is compared byte by byte.
  let name: ByteString
  /// The steps in JSON; `nil` for a text that is the name of a column only.
  let steps: [Step]?

  package var description: String { text }

  /// - Returns: `nil` for an empty text.
  package init?(_ text: String) {
    guard !text.isEmpty else { return nil }
    self.text = text
    name = ByteString(text)
    steps = FieldPath.steps(Array(text.utf8)[...])
  }

  /// Whether the path means something in a file of this format: any text names a column, but not every text is a path.
  package func fits(_ format: DataFormat) -> Bool { format.isTable || steps != nil }

  /// Whether the path leads to several texts.
  package var isPlural: Bool { steps?.contains(.all) ?? false }

  private static func steps(_ text: ArraySlice<UInt8>) -> [Step]? {
    var rest = text
    var steps: [Step] = []
    while let next = rest.first {
      if next == UInt8(ascii: "[") {
        guard let (step, length) = bracket(rest.dropFirst()) else { return nil }
        steps.append(step)
        rest = rest.dropFirst(1 + length)
      } else {
        if !steps.isEmpty {
          guard next == UInt8(ascii: ".") else { return nil }
          rest = rest.dropFirst()
        }
        let key = rest.prefix { !".[]".utf8.contains($0) }
        guard !key.isEmpty else { return nil }
        steps.append(.key(Array(key)))
        rest = rest[key.endIndex...]
      }
    }
    return steps
  }

  /// The step in brackets whose content begins `text`, and the length of that with the closing bracket.
  private static func bracket(_ text: ArraySlice<UInt8>) -> (step: Step, length: Int)? {
    if text.starts(with: "*]".utf8) { return (.all, 2) }
    if let quote = text.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
      let key = text.dropFirst().prefix { $0 != quote }
      guard !key.isEmpty, text[key.endIndex...].dropFirst().first == UInt8(ascii: "]") else { return nil }
      return (.key(Array(key)), key.count + 3)
    }
    let digits = text.prefix { (0x30...0x39).contains($0) }
    guard let number = Int(String(decoding: digits, as: UTF8.self)), text[digits.endIndex...].first == UInt8(ascii: "]")
    else { return nil }
    return (.element(number), digits.count + 1)
  }
}

/// Why a row has no such value at a path.
package struct FieldFault: Error, Equatable, Sendable {
  package let path: String
  /// What was found and what was expected, e.g. `found a list of 3, expected a text`.
  package let reason: String
  /// Whether the row has no value at all where one is needed.
  var isAbsence = false

  package var message: String { "\(path): \(reason)" }
}
