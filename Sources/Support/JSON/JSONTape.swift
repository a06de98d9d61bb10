/// A checked JSON text with one short entry for each of its values, in the order of the text.
///
/// A data set has millions of values of which a program reads a few, so nothing is copied or decoded until it is asked
/// for. ``JSON`` is made from a tape, so both refuse the same texts.
package final class JSONTape: Sendable {
  package let bytes: [UInt8]
  let nodes: [Node]

  /// One value, or one key of an object. Eight bytes: a file of 100 MB may hold fifty million values.
  struct Node {
    enum Kind: UInt32 {
      case null, bool, number
      /// A string whose bytes are those of the text.
      case string
      /// A string with escapes.
      case escaped
      case array, object
    }

    /// Where the value begins. A string begins after its quote.
    let start: UInt32
    private let word: UInt32

    /// The largest extent that an entry can hold.
    static let largestExtent = 1 << 29 - 1
    /// The most entries before a further value, so that every extent fits with the keys on the way to that value.
    static let largestCount = 1 << 29 - 1024

    init(_ kind: Kind, start: Int, extent: Int = 0) {
      self.start = UInt32(truncatingIfNeeded: start)
      word = kind.rawValue << 29 | UInt32(truncatingIfNeeded: extent)
    }

    var kind: Kind { Kind(rawValue: word >> 29) ?? .null }
    /// The bytes of a string or number; the entries inside an array or object.
    var extent: Int { Int(word & 0x1FFF_FFFF) }
    /// Entries up to the next value of the same level.
    var size: Int { kind.rawValue >= Kind.array.rawValue ? extent + 1 : 1 }
  }

  /// A value of the tape, by its position.
  package struct Value: Sendable, Hashable {
    let node: Int32
  }

  private init(_ bytes: [UInt8], _ nodes: [Node]) {
    self.bytes = bytes
    self.nodes = nodes
  }

  /// Parses one JSON text (RFC 8259) after an optional byte order mark; it is the value ``root``.
  package static func parse(_ bytes: [UInt8], maximumDepth: Int = 64) throws(JSONParseError) -> JSONTape {
    let nodes = try bytes.withUnsafeBufferPointer { (text) throws(JSONParseError) in
      var parser = JSONParser(text, from: markLength(bytes), maximumDepth: maximumDepth)
      try parser.document()
      return parser.nodes
    }
    return JSONTape(bytes, nodes)
  }

  package static let root = Value(node: 0)

  /// Parses a text with one value in each line.
  ///
  /// - Returns: the tape, and each value with its line number, from 1. Empty lines at the end are no values.
  package static func parseLines(
    _ bytes: [UInt8], maximumDepth: Int = 64
  ) throws(JSONParseError) -> (tape: JSONTape, values: [(line: Int, value: Value)]) {
    var values: [(line: Int, value: Value)] = []
    let nodes = try bytes.withUnsafeBufferPointer { (text) throws(JSONParseError) in
      var parser = JSONParser(text, from: markLength(bytes), maximumDepth: maximumDepth)
      var line = 0
      while parser.beginLine() {
        line += 1
        values.append((line, Value(node: Int32(truncatingIfNeeded: parser.nodes.count))))
        try parser.document()
      }
      return parser.nodes
    }
    return (JSONTape(bytes, nodes), values)
  }

  private static func markLength(_ bytes: [UInt8]) -> Int { bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }
}

/// Reading of values.
extension JSONTape {
  package enum Kind: Sendable {
    case null, bool, number, string, array, object
  }

  package func kind(_ value: Value) -> Kind {
    switch self[value].kind {
    case .null: .null
    case .bool: .bool
    case .number: .number
    case .string, .escaped: .string
    case .array: .array
    case .object: .object
    }
  }

  /// Where the value begins in ``bytes``.
  package func offset(_ value: Value) -> Int { Int(self[value].start) }

  /// The text of a string, or of a number or boolean as it is written; empty for anything else.
  package func text(_ value: Value) -> [UInt8] {
    let node = self[value]
    let start = Int(node.start)
    switch node.kind {
    case .number, .string: return Array(bytes[start..<start + node.extent])
    case .escaped: return JSONTape.unescaped(bytes[start..<start + node.extent])
    case .bool: return Array((bytes[start] == UInt8(ascii: "t") ? "true" : "false").utf8)
    case .null, .array, .object: return []
    }
  }

  /// The member of an object; `nil` where it is absent or the value is no object.
  package func member(_ key: [UInt8], of value: Value) -> Value? {
    let object = self[value]
    guard object.kind == .object else { return nil }
    let end = Int(value.node) + 1 + object.extent
    var at = Int(value.node) + 1
    while at < end {
      if isEqual(nodes[at], key) { return Value(node: Int32(truncatingIfNeeded: at + 1)) }
      at += 1 + nodes[at + 1].size
    }
    return nil
  }

  /// The members of an object in their order; empty for anything else.
  package func members(_ value: Value) -> [(key: [UInt8], value: Value)] {
    let object = self[value]
    guard object.kind == .object else { return [] }
    let end = Int(value.node) + 1 + object.extent
    var result: [(key: [UInt8], value: Value)] = []
    var at = Int(value.node) + 1
    while at < end {
      result.append((text(Value(node: Int32(truncatingIfNeeded: at))), Value(node: Int32(truncatingIfNeeded: at + 1))))
      at += 1 + nodes[at + 1].size
    }
    return result
  }

  /// The values of an array; empty for anything else.
  package func elements(_ value: Value) -> [Value] {
    let array = self[value]
    guard array.kind == .array else { return [] }
    let end = Int(value.node) + 1 + array.extent
    var result: [Value] = []
    var at = Int(value.node) + 1
    while at < end {
      result.append(Value(node: Int32(truncatingIfNeeded: at)))
      at += nodes[at].size
    }
    return result
  }

  /// How an error message names a value, e.g. `"abc"` or `a list of 3`.
  package func summary(_ value: Value) -> String {
    switch kind(value) {
    case .null: "null"
    case .bool, .number: UTF8Text.shown(text(value))
    case .string: "\"\(UTF8Text.shown(text(value)))\""
    case .array: "a list of \(elements(value).count)"
    case .object: "an object"
    }
  }

  /// The value with everything inside.
  func json(_ value: Value = root) -> JSON {
    var at = Int(value.node)
    return json(&at)
  }

  private func json(_ at: inout Int) -> JSON {
    let value = Value(node: Int32(truncatingIfNeeded: at))
    let node = nodes[at]
    at += 1
    switch node.kind {
    case .null: return .null
    case .bool: return .bool(bytes[Int(node.start)] == UInt8(ascii: "t"))
    case .number: return .number(String(decoding: text(value), as: UTF8.self))
    case .string, .escaped: return .string(ByteString(text(value)))
    case .array:
      let end = at + node.extent
      var items: [JSON] = []
      while at < end { items.append(json(&at)) }
      return .array(items)
    case .object:
      let end = at + node.extent
      var members: [JSONObject.Member] = []
      while at < end {
        let key = ByteString(text(Value(node: Int32(truncatingIfNeeded: at))))
        at += 1
        members.append(.init(key, json(&at)))
      }
      return .object(JSONObject(members))
    }
  }

  private subscript(value: Value) -> Node { nodes[Int(value.node)] }

  private func isEqual(_ node: Node, _ key: [UInt8]) -> Bool {
    let start = Int(node.start)
    guard node.kind == .string else { return JSONTape.unescaped(bytes[start..<start + node.extent]) == key }
    return node.extent == key.count && bytes[start..<start + node.extent].elementsEqual(key)
  }

  /// The bytes of a string whose escapes the parser has checked.
  static func unescaped(_ text: some RandomAccessCollection<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var rest = text.makeIterator()
    func hexadecimal() -> UInt32 {
      (0..<4).reduce(0) { code, _ in code << 4 | UInt32(JSONParser.digit(rest.next() ?? 0) ?? 0) }
    }
    while let byte = rest.next() {
      guard byte == UInt8(ascii: "\\") else {
        result.append(byte)
        continue
      }
      switch rest.next() {
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "u"):
        var code = hexadecimal()
        if (0xD800..<0xDC00).contains(code) {
          _ = (rest.next(), rest.next())
          code = 0x10000 + (code - 0xD800) << 10 + (hexadecimal() &- 0xDC00)
        }
        if let scalar = Unicode.Scalar(code) { result.append(contentsOf: UTF8.encode(scalar) ?? .init()) }
      case let character?: result.append(character)
      case nil: break
      }
    }
    return result
  }
}
