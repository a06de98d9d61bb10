/// The reason and place where a JSON text was refused.
package struct JSONParseError: Error, Equatable, Sendable {
  package let reason: String
  /// Byte offset in the text, from 0, not counting a byte order mark.
  package let offset: Int
  /// Line in the text, from 1.
  package let line: Int

  package var description: String { "line \(line), byte \(offset): \(reason)" }
}

extension JSON {
  /// Parses one JSON text (RFC 8259) after an optional byte order mark. Duplicate keys, invalid UTF-8, lone surrogates,
  /// trailing bytes and nesting deeper than `maximumDepth` are refused.
  ///
  /// - Throws: ``JSONParseError`` with the byte and line of the fault.
  package static func parse<Bytes: Collection>(_ bytes: Bytes, maximumDepth: Int = 64)
    throws(JSONParseError) -> JSON where Bytes.Element == UInt8
  {
    try JSONTape.parse(bytes as? [UInt8] ?? Array(bytes), maximumDepth: maximumDepth).json()
  }
}

/// Checks a JSON text and writes its values to a tape.
struct JSONParser {
  private let text: UnsafeBufferPointer<UInt8>
  private let origin: Int
  private let maximumDepth: Int
  private var at: Int
  /// Where the current document ends at the latest.
  private var end: Int
  private(set) var nodes: [JSONTape.Node] = []

  /// - Parameter origin: where the text begins, after a byte order mark.
  init(_ text: UnsafeBufferPointer<UInt8>, from origin: Int, maximumDepth: Int) {
    (self.text, self.origin, self.maximumDepth) = (text, origin, maximumDepth)
    (at, end) = (origin, text.count)
  }

  /// Checks the value between here and the end, where only blanks may follow it.
  mutating func document() throws(JSONParseError) {
    guard text.count <= Int(UInt32.max) else { throw failure("longer than 4 GiB") }
    try value(depth: 0)
    skipBlanks()
    guard at == end else { throw failure("unexpected text after the end of the JSON value") }
  }

  /// Goes to the next line, which becomes the current document.
  ///
  /// - Returns: false where only empty lines follow, or nothing.
  mutating func beginLine() -> Bool {
    if at > origin, at < text.count { at += 1 }
    guard text[at...].contains(where: { $0 != 0x0A && $0 != 0x0D }) else { return false }
    end = text[at...].firstIndex(of: 0x0A) ?? text.count
    return true
  }

  /// The value of a hexadecimal digit.
  static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  private func failure(_ reason: String, at offset: Int? = nil) -> JSONParseError {
    let offset = min(offset ?? at, text.count)
    let line = 1 + text[origin..<offset].count { $0 == UInt8(ascii: "\n") }
    return JSONParseError(reason: reason, offset: offset - origin, line: line)
  }

  private mutating func skipBlanks() {
    while at < end {
      switch text[at] {
      case 0x20, 0x09, 0x0A, 0x0D: at += 1
      default: return
      }
    }
  }

  private mutating func value(depth: Int) throws(JSONParseError) {
    guard depth <= maximumDepth else { throw failure("nested deeper than \(maximumDepth) levels") }
    guard nodes.count < JSONTape.Node.largestCount else { throw failure("more than half a billion values") }
    skipBlanks()
    guard at < end else { throw failure("unexpected end of text, expected a value") }
    switch text[at] {
    case UInt8(ascii: "{"): try object(depth: depth)
    case UInt8(ascii: "["): try array(depth: depth)
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "t"): try literal("true", .bool)
    case UInt8(ascii: "f"): try literal("false", .bool)
    case UInt8(ascii: "n"): try literal("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
    default: throw failure("unexpected character, expected a value")
    }
  }

  private mutating func literal(_ word: StaticString, _ kind: JSONTape.Node.Kind) throws(JSONParseError) {
    let length = word.utf8CodeUnitCount
    guard at + length <= end, (0..<length).allSatisfy({ text[at + $0] == word.utf8Start[$0] }) else {
      throw failure("unexpected character, expected a value")
    }
    nodes.append(.init(kind, start: at))
    at += length
  }

  /// Consumes the next byte if it equals `character`.
  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard at < end, text[at] == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private mutating func object(depth: Int) throws(JSONParseError) {
    let (first, start) = (nodes.count, at)
    nodes.append(.init(.object, start: start))
    at += 1
    var keys = Keys()
    skipBlanks()
    if take("}") { return }
    while true {
      skipBlanks()
      let begin = at
      guard at < end, text[at] == UInt8(ascii: "\"") else { throw failure("expected a key in double quotes") }
      try string()
      guard keys.insert(nodes.count - 1, nodes, text) else {
        throw failure("duplicate key \"\(shownKey(nodes.count - 1))\"", at: begin)
      }
      let key = nodes.count - 1
      skipBlanks()
      guard take(":") else { throw failure("expected ':' after key \"\(shownKey(key))\"") }
      try value(depth: depth + 1)
      skipBlanks()
      if take("}") { break }
      guard take(",") else { throw failure("expected ',' or '}' in an object") }
    }
    nodes[first] = .init(.object, start: start, extent: nodes.count - first - 1)
  }

  private mutating func array(depth: Int) throws(JSONParseError) {
    let (first, start) = (nodes.count, at)
    nodes.append(.init(.array, start: start))
    at += 1
    skipBlanks()
    if take("]") { return }
    while true {
      try value(depth: depth + 1)
      skipBlanks()
      if take("]") { break }
      guard take(",") else { throw failure("expected ',' or ']' in an array") }
    }
    nodes[first] = .init(.array, start: start, extent: nodes.count - first - 1)
  }

  private mutating func number() throws(JSONParseError) {
    let start = at
    func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    func digits(_ parser: inout JSONParser) -> Int {
      let from = parser.at
      while parser.at < parser.end, isDigit(parser.text[parser.at]) { parser.at += 1 }
      return parser.at - from
    }
    _ = take("-")
    if take("0") {
      if at < end, isDigit(text[at]) { throw failure("a number may not start with 0") }
    } else if digits(&self) == 0 {
      throw failure("expected a digit")
    }
    if take("."), digits(&self) == 0 { throw failure("expected a digit after '.'") }
    if take("e") || take("E") {
      _ = take("+") || take("-")
      if digits(&self) == 0 { throw failure("expected a digit in the exponent") }
    }
    try append(.number, from: start, to: at)
  }

  private mutating func string() throws(JSONParseError) {
    let quote = at
    at += 1
    var (all, isEscaped) = (UInt8(0), false)
    while true {
      guard at < end else { throw failure("string without an end", at: quote) }
      let byte = text[at]
      if byte == UInt8(ascii: "\"") { break }
      if byte == UInt8(ascii: "\\") {
        isEscaped = true
        at += 1
        try escape()
        continue
      }
      guard byte >= 0x20 else { throw failure("unescaped control character in a string") }
      all |= byte
      at += 1
    }
    if all >= 0x80, UTF8Text.firstInvalid(.init(rebasing: text[quote + 1..<at])) != nil {
      throw failure("string is not valid UTF-8", at: quote)
    }
    try append(isEscaped ? .escaped : .string, from: quote + 1, to: at)
    at += 1
  }

  private mutating func append(_ kind: JSONTape.Node.Kind, from start: Int, to end: Int) throws(JSONParseError) {
    guard end - start <= JSONTape.Node.largestExtent else { throw failure("a value longer than 512 MiB", at: start) }
    nodes.append(.init(kind, start: start, extent: end - start))
  }

  private mutating func escape() throws(JSONParseError) {
    guard at < end else { throw failure("string without an end") }
    let byte = text[at]
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return
    case UInt8(ascii: "u"):
      let code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code) {
        guard take("\\"), take("u") else { throw failure("lone surrogate") }
        guard (0xDC00..<0xE000).contains(try hexadecimal()) else { throw failure("lone surrogate") }
      } else if (0xDC00..<0xE000).contains(code) {
        throw failure("lone surrogate")
      }
    default: throw failure("unknown escape in a string", at: at - 1)
    }
  }

  private mutating func hexadecimal() throws(JSONParseError) -> UInt32 {
    var code: UInt32 = 0
    for offset in 0..<4 {
      guard at + offset < end, let digit = JSONParser.digit(text[at + offset]) else {
        throw failure("expected four hexadecimal digits")
      }
      code = code << 4 | UInt32(digit)
    }
    at += 4
    return code
  }

  private func shownKey(_ node: Int) -> String {
    UTF8Text.shown(Keys.name(nodes[node], text).bytes)
  }
}

/// The keys of an object so far. A record has few keys, which are compared one by one; a vocabulary has many.
private struct Keys {
  private var few: [Int] = []
  private var many = Set<ByteString>()
  private static let limit = 16

  /// - Returns: false where the key was there.
  mutating func insert(_ key: Int, _ nodes: [JSONTape.Node], _ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard many.isEmpty else { return many.insert(Keys.name(nodes[key], text)).inserted }
    for other in few where Keys.isEqual(nodes[other], nodes[key], text) { return false }
    few.append(key)
    if few.count > Keys.limit { many = Set(few.map { Keys.name(nodes[$0], text) }) }
    return true
  }

  static func name(_ node: JSONTape.Node, _ text: UnsafeBufferPointer<UInt8>) -> ByteString {
    let raw = UnsafeBufferPointer(rebasing: text[Int(node.start)..<Int(node.start) + node.extent])
    return ByteString(node.kind == .escaped ? JSONTape.unescaped(raw) : Array(raw))
  }

  private static func isEqual(
    _ left: JSONTape.Node, _ right: JSONTape.Node, _ text: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    if left.kind == .escaped || right.kind == .escaped { return name(left, text) == name(right, text) }
    guard left.extent == right.extent else { return false }
    return (0..<left.extent).allSatisfy { text[Int(left.start) + $0] == text[Int(right.start) + $0] }
  }
}
