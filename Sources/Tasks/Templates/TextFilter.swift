/// A change to the text of a field, named in a template after `|`.
enum TextFilter: Sendable, Equatable {
  /// Without white space at either end, as Python's `str.strip`.
  case strip
  /// The first letter in upper case and all others in lower case, as Python's `str.capitalize`.
  case capitalize
  /// The text before the first occurrence of another; the whole text where there is none.
  case before([UInt8])
  /// The text after the first occurrence of another; empty where there is none.
  case after([UInt8])
  /// With a full stop at its end, where it has none.
  case fullStop
  /// HellaSwag's texts from WikiHow as the common evaluation harness cleans them: stripped, ` [title]` as a full stop,
  /// other square brackets removed with what they hold, two blanks as one.
  case wikihow
  /// Several texts as one, each on a line after its letter: `A. first`.
  case lettered
  /// The choices in a text such as `(A) fish (B) sharks`.
  case options
  /// The prompt of LLM-Adapters around an instruction.
  case llmAdapters

  static let names = [
    "strip", "capitalize", "before:TEXT", "after:TEXT", "full-stop", "wikihow", "lettered", "options", "llm-adapters",
  ]

  /// - Returns: `nil` for an unknown name.
  init?(_ name: String) {
    if name.hasPrefix("before:"), name.count > 7 {
      self = .before(Array(name.dropFirst(7).utf8))
    } else if name.hasPrefix("after:"), name.count > 6 {
      self = .after(Array(name.dropFirst(6).utf8))
    } else {
      let simple: [String: TextFilter] = [
        "strip": .strip, "capitalize": .capitalize, "full-stop": .fullStop, "wikihow": .wikihow, "lettered": .lettered,
        "options": .options,
        "llm-adapters": .llmAdapters,
      ]
      guard let filter = simple[name] else { return nil }
      self = filter
    }
  }

  func apply(_ texts: [[UInt8]]) -> [[UInt8]] {
    switch self {
    case .lettered:
      let lines = texts.enumerated().map { [UInt8(ascii: "A") + UInt8(min($0, 25))] + Array(". ".utf8) + $1 }
      return [Array(lines.joined(separator: [UInt8(ascii: "\n")]))]
    case .options: return texts.flatMap(LetteredOptions.texts)
    default: return texts.map(apply)
    }
  }

  private func apply(_ text: [UInt8]) -> [UInt8] {
    switch self {
    case .strip: text.stripped
    case .capitalize: TextFilter.capitalized(text)
    case .before(let mark): Array(text[..<(text.firstRange(of: mark)?.lowerBound ?? text.endIndex)])
    case .after(let mark): Array(text[(text.firstRange(of: mark)?.upperBound ?? text.endIndex)...])
    case .fullStop: text.last == UInt8(ascii: ".") ? text : text + [UInt8(ascii: ".")]
    case .wikihow: WikiHowText.cleaned(text)
    case .llmAdapters: LLMAdaptersPrompt.around(text)
    case .lettered, .options: text
    }
  }

  private static func capitalized(_ text: [UInt8]) -> [UInt8] {
    let scalars = String(decoding: text, as: UTF8.self).unicodeScalars
    guard let first = scalars.first else { return text }
    var rest = String.UnicodeScalarView()
    rest.append(contentsOf: scalars.dropFirst())
    return Array((first.properties.titlecaseMapping + String(rest).lowercased()).utf8)
  }
}

extension [UInt8] {
  /// The text without Unicode white space at either end.
  package var stripped: [UInt8] {
    let scalars = String(decoding: self, as: UTF8.self).unicodeScalars
    guard let first = scalars.firstIndex(where: { !PythonText.isSpace($0) }),
      let last = scalars.lastIndex(where: { !PythonText.isSpace($0) })
    else { return [] }
    return Array(String(scalars[first...last]).utf8)
  }

  /// The text without Unicode white space before it, as Python's `str.lstrip`.
  package var withoutLeadingBlanks: [UInt8] {
    Array(String(String(decoding: self, as: UTF8.self).unicodeScalars.drop { PythonText.isSpace($0) }).utf8)
  }

  func replacing(_ old: String, with new: String) -> [UInt8] {
    guard firstRange(of: Array(old.utf8)) != nil else { return self }
    return replacing(Array(old.utf8), with: Array(new.utf8))
  }
}

/// HellaSwag's texts as the common evaluation harness cleans them (`preprocess` of its task `hellaswag`).
enum WikiHowText {
  static func cleaned(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var rest = text.stripped.replacing(" [title]", with: ". ")[...]
    while let open = rest.firstIndex(of: UInt8(ascii: "[")) {
      // The pattern's dot matches no line end, so a bracket must close on its line.
      let inside = rest[(open + 1)...].prefix { $0 != UInt8(ascii: "]") && $0 != UInt8(ascii: "\n") }
      guard inside.endIndex < rest.endIndex, rest[inside.endIndex] == UInt8(ascii: "]") else {
        // Nor do the other brackets of this line close.
        result += rest[..<inside.endIndex]
        rest = rest[inside.endIndex...]
        continue
      }
      result += rest[..<open]
      rest = rest[(inside.endIndex + 1)...]
    }
    return (result + rest).replacing("  ", with: " ")
  }
}

/// Choices in one text, as OpenBookQA's tables have them: `(A) fish (B) sharks`.
enum LetteredOptions {
  static func texts(_ text: [UInt8]) -> [[UInt8]] {
    var starts: [(mark: Int, text: Int)] = []
    var letter = UInt8(ascii: "A")
    for index in text.indices {
      let mark = [UInt8(ascii: "("), letter, UInt8(ascii: ")"), UInt8(ascii: " ")]
      guard text[index...].starts(with: mark), index == 0 || text[index - 1] == UInt8(ascii: " ") else { continue }
      starts.append((index, index + 4))
      letter &+= 1
    }
    return starts.indices.map { number in
      let end = number + 1 < starts.count ? starts[number + 1].mark - 1 : text.count
      return Array(text[starts[number].text..<max(starts[number].text, end)])
    }
  }
}

/// The prompt of LLM-Adapters (`generate_prompt` in its `commonsense_evaluate.py`). Its lines begin with 16 blanks, since
/// the original is an indented literal.
enum LLMAdaptersPrompt {
  static func around(_ instruction: [UInt8]) -> [UInt8] {
    let indent = String(repeating: " ", count: 16)
    let before =
      "Below is an instruction that describes a task. Write a response that appropriately completes the request. \n\n"
      + "\(indent)### Instruction:\n\(indent)"
    return Array(before.utf8) + instruction + Array("\n\n\(indent)### Response:\n\(indent)".utf8)
  }
}
