/// Translates a regular expression of Oniguruma, which tokenizer.json is written for, to one of PCRE2.
///
/// The two share most of their syntax. What means something else in PCRE2 is rewritten, character classes are made those
/// of the reference's version of Unicode, and everything that is not known to mean the same is refused by name.
///
/// Source: the documents RE and SYNTAX.md of Oniguruma for its Ruby syntax, which the tokenizers library uses, and
/// pcre2pattern(3).
struct PatternTranslation {
  /// What the translation cannot take over.
  struct Fault: Error {
    var what: String
  }

  private let scalars: [Unicode.Scalar]
  private var at = 0
  private var out = ""
  /// Where the last atom starts in `out`, so that a quantifier of a quantifier can be put around it.
  private var atom: String.Index?
  /// Whether letters are compared without case, for each open group; the last is that of the current group.
  private var ignoresCase = [false]
  /// The start of each open group in `out`.
  private var groups: [String.Index] = []
  private var lastLetter: Unicode.Scalar?

  /// - Throws: ``Fault`` naming the construct.
  static func pcre2(_ expression: String) throws(Fault) -> String {
    var translation = PatternTranslation(expression)
    try translation.run()
    return translation.out
  }

  private init(_ expression: String) { scalars = Array(expression.unicodeScalars) }

  private func peek(_ offset: Int = 0) -> Unicode.Scalar? {
    at + offset < scalars.count ? scalars[at + offset] : nil
  }

  private func starts(with text: String) -> Bool {
    scalars[at...].starts(with: text.unicodeScalars)
  }

  private mutating func run() throws(Fault) {
    while let scalar = peek() {
      var isLetter = false
      switch scalar {
      case "\\": try escape()
      case "[": try characterClass()
      case "(": try open()
      case ")":
        guard let start = groups.popLast() else { throw Fault(what: "a ) without its (") }
        ignoresCase.removeLast()
        emit(")", atom: start)
      case "|":
        emit("|")
        atom = nil
      case "^": emit("^", atom: out.endIndex)
      case "$": emit(#"(?:(?=\n)|(?<!\n)\z|\A\z)"#, atom: out.endIndex)
      case "*", "+", "?": quantifier(String(scalar))
      case "{": try interval()
      case ".": emit(".", atom: out.endIndex)
      default:
        try literal(scalar)
        isLetter = true
      }
      if !isLetter { lastLetter = nil }
    }
    guard groups.isEmpty else { throw Fault(what: "a ( without its )") }
  }

  private mutating func emit(_ text: String, atom start: String.Index? = nil, taking count: Int = 1) {
    if let start { atom = start }
    out += text
    at += count
  }

  // MARK: Literals and escapes

  /// Under `(?i)` some letters together equal one other character in Oniguruma, such as ss and ß, and PCRE2 does not know
  /// them.
  private static let folded: Set<String> = ["ss", "ff", "fi", "fl", "st", "ae"]

  private mutating func literal(_ scalar: Unicode.Scalar) throws(Fault) {
    if ignoresCase.last == true {
      guard scalar.isASCII else { throw Fault(what: "\(scalar) under (?i)") }
      let pair = (lastLetter.map { String($0) } ?? "") + String(scalar)
      if PatternTranslation.folded.contains(pair.lowercased()) { throw Fault(what: "\(pair) under (?i)") }
    }
    lastLetter = scalar
    emit(PatternTranslation.quoted(scalar), atom: out.endIndex)
  }

  private static func quoted(_ scalar: Unicode.Scalar) -> String {
    if scalar.isASCII, !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar) {
      return #"\x{\#(String(scalar.value, radix: 16))}"#
    }
    return String(scalar)
  }

  private mutating func escape() throws(Fault) {
    guard let next = peek(1) else { throw Fault(what: "a \\ at the end") }
    let start = out.endIndex
    switch next {
    case "b": emit("(?:(?<=\(word))(?!\(word))|(?<!\(word))(?=\(word)))", atom: start, taking: 2)
    case "B": emit("(?:(?<=\(word))(?=\(word))|(?<!\(word))(?!\(word)))", atom: start, taking: 2)
    case "A", "z": emit("\\\(next)", atom: start, taking: 2)
    case "Z": emit(#"(?=\n?\z)"#, atom: start, taking: 2)
    default:
      let item = try classItem(inClass: false)
      out += item.isSet ? "[\(item.isNegated ? "^" : "")\(item.text)]" : item.text
      atom = start
    }
  }

  private var word: String { "[\(PatternClasses.word)]" }

  /// A part of a character class: one character, or a set of them.
  private struct Item {
    var text: String
    var isSet = false
    var isNegated = false
  }

  /// Reads an escape that stands for a character or a set, in a class or outside.
  private mutating func classItem(inClass: Bool) throws(Fault) -> Item {
    guard let next = peek(1) else { throw Fault(what: "a \\ at the end") }
    at += 2
    switch next {
    case "s": return Item(text: PatternClasses.space, isSet: true)
    case "S": return Item(text: PatternClasses.space, isSet: true, isNegated: true)
    case "w": return Item(text: PatternClasses.word, isSet: true)
    case "W": return Item(text: PatternClasses.word, isSet: true, isNegated: true)
    case "d": return Item(text: PatternClasses.category("Nd"), isSet: true)
    case "D": return Item(text: PatternClasses.category("Nd"), isSet: true, isNegated: true)
    case "h": return Item(text: "0-9a-fA-F", isSet: true)
    case "H": return Item(text: "0-9a-fA-F", isSet: true, isNegated: true)
    case "p", "P": return try property(negated: next == "P")
    case "t": return Item(text: #"\t"#)
    case "n": return Item(text: #"\n"#)
    case "r": return Item(text: #"\r"#)
    case "f": return Item(text: #"\f"#)
    case "v": return Item(text: #"\x0b"#)
    case "a": return Item(text: #"\x07"#)
    case "e": return Item(text: #"\x1b"#)
    case "x", "u": return try number(next)
    default:
      guard next.isASCII, !next.properties.isAlphabetic, !("0"..."9").contains(next) else {
        throw Fault(what: "\\\(next)")
      }
      return Item(text: PatternTranslation.quoted(next))
    }
  }

  /// A character by its number, `\x{1F600}`, `\x41` or `A`.
  private mutating func number(_ kind: Unicode.Scalar) throws(Fault) -> Item {
    var digits = ""
    let isBraced = peek() == "{"
    if isBraced { at += 1 }
    let limit = isBraced ? 8 : kind == "u" ? 4 : 2
    while digits.count < limit, let digit = peek(), digit.properties.isASCIIHexDigit {
      digits.unicodeScalars.append(digit)
      at += 1
    }
    if isBraced {
      guard peek() == "}" else { throw Fault(what: "\\\(kind){ without }") }
      at += 1
    }
    // Without braces, a number from 80 on is a byte in Oniguruma.
    guard let value = UInt32(digits, radix: 16), Unicode.Scalar(value) != nil, isBraced || kind == "u" || value < 0x80,
      isBraced || digits.count == limit
    else { throw Fault(what: "\\\(kind)\(digits)") }
    return Item(text: #"\x{\#(String(value, radix: 16))}"#)
  }

  /// A Unicode property, `\p{L}`, `\p{^L}` or `\pL` (which is no property there).
  private mutating func property(negated: Bool) throws(Fault) -> Item {
    guard peek() == "{" else { throw Fault(what: "\\p without {") }
    at += 1
    var isNegated = negated
    if peek() == "^" {
      isNegated.toggle()
      at += 1
    }
    var name = ""
    while let scalar = peek(), scalar != "}" {
      name.unicodeScalars.append(scalar)
      at += 1
    }
    guard peek() == "}" else { throw Fault(what: "\\p{ without }") }
    at += 1
    guard let text = PatternClasses.property(name) else { throw Fault(what: "the property \\p{\(name)}") }
    return Item(text: text, isSet: true, isNegated: isNegated)
  }

  // MARK: Classes

  private mutating func characterClass() throws(Fault) {
    let start = out.endIndex
    at += 1
    let isNegated = peek() == "^"
    if isNegated { at += 1 }
    guard peek() != "]" else { throw Fault(what: "a class that begins with ]") }
    var text = ""
    /// Sets of which the class has all but their members, such as `\S`.
    var negated: [String] = []
    while let scalar = peek(), scalar != "]" {
      switch scalar {
      case "[": throw Fault(what: starts(with: "[:") ? "a class such as [:alpha:]" : "a class within a class")
      case "&" where peek(1) == "&": throw Fault(what: "&& in a class")
      case "\\":
        let item = try classItem(inClass: true)
        if item.isNegated { negated.append(item.text) } else { text += item.text }
      case "-":
        // PCRE2 knows from its neighbours, too, whether it is a range.
        text += "-"
        at += 1
      default:
        if ignoresCase.last == true, !scalar.isASCII { throw Fault(what: "\(scalar) under (?i)") }
        text += PatternTranslation.quoted(scalar)
        at += 1
      }
    }
    guard peek() == "]" else { throw Fault(what: "a [ without its ]") }
    at += 1
    atom = start
    out += try PatternTranslation.union(text, negated, isNegated)
  }

  /// A class of the members of `text` and of everything that is not in one of the `negated` sets.
  private static func union(_ text: String, _ negated: [String], _ isNegated: Bool) throws(Fault) -> String {
    if negated.isEmpty { return "[\(isNegated ? "^" : "")\(text)]" }
    // With no such set, or with exactly one alone, PCRE2 has a class for it.
    if negated.count == 1, text.isEmpty { return "[\(isNegated ? "" : "^")\(negated[0])]" }
    let sets = negated.map { "[^\($0)]" } + (text.isEmpty ? [] : ["[\(text)]"])
    let any = sets.joined(separator: "|")
    return isNegated ? "(?:(?!\(any))(?s:.))" : "(?:\(any))"
  }

  // MARK: Groups

  private mutating func open() throws(Fault) {
    let start = out.endIndex
    let caseless = ignoresCase.last == true
    guard peek(1) == "?" else {
      guard peek(1) != "*" else { throw Fault(what: "(*") }
      // Nothing refers to a group, so none need be kept.
      return push("(?:", taking: 1, start, caseless)
    }
    for opening in ["(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>"] where starts(with: opening) {
      return push(opening, taking: opening.unicodeScalars.count, start, caseless)
    }
    for (opening, isOn) in [("(?i:", true), ("(?-i:", false)] where starts(with: opening) {
      return push(opening, taking: opening.unicodeScalars.count, start, isOn)
    }
    // In Ruby's syntax, m lets the dot match a line end, which is s in PCRE2.
    if starts(with: "(?m:") { return push("(?s:", taking: 4, start, caseless) }
    if starts(with: "(?i)"), at == 0 {
      ignoresCase[0] = true
      return emit("(?i)", taking: 4)
    }
    let shown = String(String.UnicodeScalarView(scalars[at..<min(at + 4, scalars.count)]))
    throw Fault(what: "the group \(shown)")
  }

  private mutating func push(_ opening: String, taking count: Int, _ start: String.Index, _ caseless: Bool) {
    groups.append(start)
    ignoresCase.append(caseless)
    emit(opening, taking: count)
    atom = nil
  }

  // MARK: Quantifiers

  private mutating func quantifier(_ text: String) {
    // `+?`, `++` and so on mean the same in both.
    var whole = text
    if let next = peek(1), next == "?" || next == "+" { whole.unicodeScalars.append(next) }
    emit(whole, taking: whole.unicodeScalars.count)
  }

  /// `{2}`, `{1,3}`, `{2,}` or `{,3}`; anything else in braces is text.
  private mutating func interval() throws(Fault) {
    var end = at + 1
    while end < scalars.count, scalars[end] == "," || ("0"..."9").contains(scalars[end]) { end += 1 }
    let inner = String(String.UnicodeScalarView(scalars[at + 1..<end]))
    let parts = inner.split(separator: ",", omittingEmptySubsequences: false)
    guard end < scalars.count, scalars[end] == "}", (1...2).contains(parts.count),
      parts.contains(where: { !$0.isEmpty })
    else { return try literal("{") }
    guard let atom else { throw Fault(what: "{\(inner)} without anything before it") }
    for part in parts where !part.isEmpty {
      guard let count = Int(part), count <= 1000 else { throw Fault(what: "{\(inner)}") }
    }
    at = end + 1
    out += "{\(parts[0].isEmpty ? "0" : parts[0])\(parts.count == 2 ? ",\(parts[1])" : "")}"
    // A sign after it makes PCRE2's interval reluctant or possessive, and repeats the whole in Ruby's syntax; only a
    // reluctant range is one there, too.
    if peek() == "+" || peek() == "?" && parts.count == 1 {
      out.insert(contentsOf: "(?:", at: atom)
      out += ")"
    }
    if peek() == "?", parts.count == 2 { emit("?") }
    self.atom = nil
  }
}
