extension JSON {
  /// The value as UTF-8 text: indented by two spaces with a final newline, or on one line without a newline when
  /// `compact`.
  package func serialized(compact: Bool = false) -> [UInt8] {
    var out: [UInt8] = []
    write(to: &out, indent: compact ? nil : 0)
    if !compact { out.append(UInt8(ascii: "\n")) }
    return out
  }

  private func write(to out: inout [UInt8], indent: Int?) {
    switch self {
    case .null: out += "null".utf8
    case .bool(let value): out += (value ? "true" : "false").utf8
    case .number(let text): out += text.utf8
    case .string(let bytes): JSON.write(bytes, to: &out)
    case .array(let items):
      JSON.write(items, between: "[", "]", to: &out, indent: indent) { item, out, inner in
        item.write(to: &out, indent: inner)
      }
    case .object(let object):
      JSON.write(object.members, between: "{", "}", to: &out, indent: indent) { member, out, inner in
        JSON.write(member.key, to: &out)
        out += (indent == nil ? ":" : ": ").utf8
        member.value.write(to: &out, indent: inner)
      }
    }
  }

  private static func write<Item>(
    _ items: [Item], between open: String, _ close: String, to out: inout [UInt8], indent: Int?,
    each: (Item, inout [UInt8], Int?) -> Void
  ) {
    out += open.utf8
    let inner = indent.map { $0 + 2 }
    for (position, item) in items.enumerated() {
      if position > 0 { out += ",".utf8 }
      newline(inner, &out)
      each(item, &out, inner)
    }
    if !items.isEmpty { newline(indent, &out) }
    out += close.utf8
  }

  private static func newline(_ indent: Int?, _ out: inout [UInt8]) {
    guard let indent else { return }
    out.append(UInt8(ascii: "\n"))
    out.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent))
  }

  private static func write(_ text: ByteString, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    for byte in text.bytes {
      switch byte {
      case UInt8(ascii: "\""): out += "\\\"".utf8
      case UInt8(ascii: "\\"): out += "\\\\".utf8
      case 0x0A: out += "\\n".utf8
      case 0x0D: out += "\\r".utf8
      case 0x09: out += "\\t".utf8
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        out += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
      default: out.append(byte)
      }
    }
    out.append(UInt8(ascii: "\""))
  }
}
