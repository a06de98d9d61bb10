/// The members of character classes in the reference's version of Unicode, as they are written in a class of PCRE2.
enum PatternClasses {
  static let space = #"\t-\r\x{85}\p{Z}"#
  static let word = ranges(TableReader.text(PatternTable.word), separator: " ")

  /// The members of a general category: those that PCRE2 knows, and those that only the reference's Unicode has.
  static func category(_ name: String) -> String { #"\p{\#(name)}"# + (added[name] ?? "") }

  /// The members of a property by its name in Oniguruma; `nil` for a name that is not known to mean the same here.
  static func property(_ name: String) -> String? {
    if let script = scripts[name] { return script }
    let short = longNames[name] ?? name
    return categories.contains(short) ? category(short) : nil
  }

  private static let categories: Set = [
    "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi",
    "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "Cc",
  ]
  private static let longNames = [
    "Letter": "L", "Mark": "M", "Number": "N", "Punctuation": "P", "Symbol": "S", "Separator": "Z",
    "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Decimal_Number": "Nd",
  ]
  private static let added = table(PatternTable.added)
  private static let scripts = table(PatternTable.scripts)

  private static func table(_ text: StaticString) -> [String: String] {
    var result: [String: String] = [:]
    for word in TableReader.text(text).split(separator: " ") {
      let parts = word.split(separator: ":")
      result[String(parts[0])] = ranges(parts[1], separator: ",")
    }
    return result
  }

  private static func ranges(_ text: Substring, separator: Character) -> String {
    TableReader.ranges(text, separator: separator).map { range in
      func shown(_ value: UInt32) -> String { #"\x{\#(String(value, radix: 16))}"# }
      return range.lowerBound == range.upperBound
        ? shown(range.lowerBound) : "\(shown(range.lowerBound))-\(shown(range.upperBound))"
    }.joined()
  }
}
