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
    var text = Array(bytes)
    if text.starts(with: [0xEF, 0xBB, 0xBF]) { text.removeFirst(3) }
    var parser = JSONParser(text: text, maximumDepth: maximumDepth)
    return try parser.document()
  }
}

private struct JSONParser {
  let text: [UInt8]
  let maximumDepth: Int
  var at = 0

  init(text: [UInt8], maximumDepth: Int) {
    self.text = text
    self.maximumDepth = maximumDepth
  }

  func failure(_ reason: String, at offset: Int? = nil) -> JSONParseError {
    let offset = min(offset ?? at, text.count)
    let line = 1 + text[..<offset].count { $0 == UInt8(ascii: "\n") }
    return JSONParseError(reason: reason, offset: offset, line: line)
  }

  mutating func document() throws(JSONParseError) -> JSON {
    let value = try value(depth: 0)
    skipBlanks()
    guard at == text.count else { throw failure("unexpected text after the end of the JSON value") }
    return value
  }

  mutating func skipBlanks() {
    while at < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[at]) { at += 1 }
  }

  mutating func value(depth: Int) throws(JSONParseError) -> JSON {
    guard depth <= maximumDepth else { throw failure("nested deeper than \(maximumDepth) levels") }
    skipBlanks()
    guard at < text.count else { throw failure("unexpected end of text, expected a value") }
    switch text[at] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw failure("unexpected character, expected a value")
    }
  }

  mutating func literal(_ word: String, _ value: JSON) throws(JSONParseError) -> JSON {
    guard text[at...].starts(with: word.utf8) else {
      throw failure("unexpected character, expected a value")
    }
    at += word.utf8.count
    return value
  }

  /// Consumes the next byte if it equals `character`.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard at < text.count, text[at] == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  mutating func object(depth: Int) throws(JSONParseError) -> JSON {
    at += 1
    var members: [JSONObject.Member] = []
    var seen = Set<ByteString>()
    skipBlanks()
    if take("}") { return .object(JSONObject()) }
    while true {
      skipBlanks()
      let start = at
      guard at < text.count, text[at] == UInt8(ascii: "\"") else {
        throw failure("expected a key in double quotes")
      }
      let key = try string()
      guard seen.insert(key).inserted else {
        throw failure("duplicate key \"\(key)\"", at: start)
      }
      skipBlanks()
      guard take(":") else { throw failure("expected ':' after key \"\(key)\"") }
      members.append(.init(key, try value(depth: depth + 1)))
      skipBlanks()
      if take("}") { return .object(JSONObject(members)) }
      guard take(",") else { throw failure("expected ',' or '}' in an object") }
    }
  }

  mutating func array(depth: Int) throws(JSONParseError) -> JSON {
    at += 1
    var items: [JSON] = []
    skipBlanks()
    if take("]") { return .array([]) }
    while true {
      items.append(try value(depth: depth + 1))
      skipBlanks()
      if take("]") { return .array(items) }
      guard take(",") else { throw failure("expected ',' or ']' in an array") }
    }
  }

  mutating func number() throws(JSONParseError) -> JSON {
    let start = at
    func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    func digits(_ parser: inout JSONParser) -> Int {
      let from = parser.at
      while parser.at < parser.text.count, isDigit(parser.text[parser.at]) { parser.at += 1 }
      return parser.at - from
    }
    _ = take("-")
    if take("0") {
      if at < text.count, isDigit(text[at]) { throw failure("a number may not start with 0") }
    } else if digits(&self) == 0 {
      throw failure("expected a digit")
    }
    if take("."), digits(&self) == 0 { throw failure("expected a digit after '.'") }
    if take("e") || take("E") {
      _ = take("+") || take("-")
      if digits(&self) == 0 { throw failure("expected a digit in the exponent") }
    }
    return .number(String(decoding: text[start..<at], as: UTF8.self))
  }

  mutating func string() throws(JSONParseError) -> ByteString {
    let start = at
    at += 1
    var bytes: [UInt8] = []
    while true {
      guard at < text.count else { throw failure("string without an end", at: start) }
      let byte = text[at]
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        guard String(validating: bytes, as: UTF8.self) != nil else {
          throw failure("string is not valid UTF-8", at: start)
        }
        return ByteString(bytes)
      case UInt8(ascii: "\\"):
        at += 1
        bytes.append(contentsOf: try escape())
      case 0..<0x20:
        throw failure("unescaped control character in a string")
      default:
        bytes.append(byte)
        at += 1
      }
    }
  }

  mutating func escape() throws(JSONParseError) -> [UInt8] {
    guard at < text.count else { throw failure("string without an end") }
    let byte = text[at]
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code), take("\\"), take("u") {
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw failure("lone surrogate") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw failure("lone surrogate") }
      return Array(String(scalar).utf8)
    default: throw failure("unknown escape in a string", at: at - 1)
    }
  }

  mutating func hexadecimal() throws(JSONParseError) -> UInt32 {
    guard at + 4 <= text.count,
      text[at..<at + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let code = UInt32(String(decoding: text[at..<at + 4], as: UTF8.self), radix: 16)
    else { throw failure("expected four hexadecimal digits") }
    at += 4
    return code
  }
}
