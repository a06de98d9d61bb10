/// The head of a request, checked: what is asked for, and of whom.
package struct HTTPRequest: Equatable, Sendable {
  /// Whether the body is wanted too: true for GET, false for HEAD.
  package let wantsBody: Bool
  /// The path as sent, without its query; it is compared, never taken for a file's.
  package let path: String
  /// The host that the client believes to speak to, e.g. `localhost:8000`.
  package let host: String
  /// The tags of what the client holds already.
  package let knownTags: [String]

  /// The most header fields of a request; browsers send about 15.
  private static let mostFields = 100

  /// Reads the head of a request, without the empty line that ends it.
  ///
  /// - Throws: the status to answer with.
  package init(_ head: some Collection<UInt8>) throws(HTTPStatus) {
    // A header may hold what is not ASCII, but nothing here is read from such a one. Control characters are an attempt
    // to make two readers see two requests.
    guard head.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0D].contains($0) }) else { throw .badRequest }
    var lines = head.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
      String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
    }
    guard !lines.contains(where: { $0.utf8.contains(0x0D) }) else { throw .badRequest }
    let start = lines.removeFirst().split(separator: " ", omittingEmptySubsequences: false)
    guard start.count == 3, start[2].hasPrefix("HTTP/") else { throw .badRequest }
    guard start[2] == "HTTP/1.1" || start[2] == "HTTP/1.0" else { throw .versionNotSupported }
    guard start[0] == "GET" || start[0] == "HEAD" else {
      throw HTTPRequest.isToken(start[0]) ? .methodNotAllowed : .badRequest
    }
    wantsBody = start[0] == "GET"
    guard lines.count <= HTTPRequest.mostFields else { throw .headTooLarge }
    var hosts: [String] = []
    var tags: [String] = []
    for line in lines {
      // A blank before the colon, or at the start of a line, was once allowed and is read in several ways.
      guard let colon = line.firstIndex(of: ":"), HTTPRequest.isToken(line[..<colon]) else { throw .badRequest }
      let value = HTTPRequest.trimmed(line[line.index(after: colon)...])
      switch line[..<colon].lowercased() {
      case "host": hosts.append(value)
      case "if-none-match": tags += value.split(separator: ",").map { HTTPRequest.trimmed($0) }
      case "transfer-encoding": throw .badRequest
      case "content-length": guard value == "0" else { throw .badRequest }
      default: continue
      }
    }
    guard hosts.count == 1, let named = hosts.first else { throw .badRequest }
    knownTags = tags
    var target = start[1]
    // A client may write the whole address, whose host then counts.
    if target.lowercased().hasPrefix("http://") {
      target = target.dropFirst("http://".count)
      let slash = target.firstIndex(of: "/") ?? target.endIndex
      host = String(target[..<slash]).lowercased()
      target = slash == target.endIndex ? "/" : target[slash...]
    } else {
      host = named.lowercased()
    }
    guard target.first == "/" else { throw .badRequest }
    path = String(target.prefix { $0 != "?" })
  }

  /// Whether text is a name as HTTP has them (RFC 9110, section 5.6.2).
  private static func isToken(_ text: some StringProtocol) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    let start = text.drop { $0 == " " || $0 == "\t" }
    guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
    return String(start[...last])
  }
}
