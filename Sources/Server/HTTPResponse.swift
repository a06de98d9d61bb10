import Foundation

/// How a request was answered.
package enum HTTPStatus: Int, Error, Sendable {
  case ok = 200
  case notModified = 304
  case badRequest = 400
  case notFound = 404
  case methodNotAllowed = 405
  case timeout = 408
  /// The request is for a host that this server is not.
  case misdirected = 421
  case headTooLarge = 431
  case versionNotSupported = 505

  /// One line for whoever reads the answer.
  var text: String {
    switch self {
    case .ok: "OK"
    case .notModified: "Not Modified"
    case .badRequest: "Bad Request"
    case .notFound: "Not Found"
    case .methodNotAllowed: "Method Not Allowed"
    case .timeout: "Request Timeout"
    case .misdirected: "Misdirected Request"
    case .headTooLarge: "Request Header Fields Too Large"
    case .versionNotSupported: "HTTP Version Not Supported"
    }
  }
}

/// Something that the server has under a path.
package struct HTTPContent: Sendable {
  /// E.g. `text/html; charset=utf-8`.
  package let type: String
  package let body: [UInt8]
  /// Names this body among those that the path had and will have; letters, digits and hyphens.
  package let tag: String
  /// What a page may load and run (`Content-Security-Policy`).
  package let policy: String

  package init(type: String, body: [UInt8], tag: String, policy: String = "default-src 'none'; frame-ancestors 'none'")
  {
    (self.type, self.body, self.tag, self.policy) = (type, body, tag, policy)
  }
}

/// The bytes of an answer. Each connection carries one request, so that the end of the answer is the end of the connection.
enum HTTPResponse {
  /// The answer to a request that was read, where `content` is `nil` for a path that has nothing.
  static func bytes(_ request: HTTPRequest, _ content: HTTPContent?) -> [UInt8] {
    guard let content else { return bytes(.notFound, wantsBody: request.wantsBody) }
    let tag = "\"\(content.tag)\""
    let isKnown = request.knownTags.contains { $0 == "*" || $0 == tag || $0 == "W/" + tag }
    var fields = ["ETag: \(tag)", "Content-Security-Policy: \(content.policy)"]
    if isKnown { return head(.notModified, fields) }
    fields += ["Content-Type: \(content.type)", "Content-Length: \(content.body.count)"]
    return head(.ok, fields) + (request.wantsBody ? content.body : [])
  }

  /// The answer to a request that was refused.
  static func bytes(_ status: HTTPStatus, wantsBody: Bool = true) -> [UInt8] {
    let body = Array("\(status.rawValue) \(status.text)\n".utf8)
    var fields = ["Content-Type: text/plain; charset=utf-8", "Content-Length: \(body.count)"]
    fields.append("Content-Security-Policy: default-src 'none'; frame-ancestors 'none'")
    if status == .methodNotAllowed { fields.append("Allow: GET, HEAD") }
    return head(status, fields) + (wantsBody ? body : [])
  }

  private static func head(_ status: HTTPStatus, _ fields: [String]) -> [UInt8] {
    let all =
      ["HTTP/1.1 \(status.rawValue) \(status.text)", "Date: \(date)", "Connection: close", "Cache-Control: no-cache"]
      + [
        "X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer", "X-Frame-Options: DENY",
        "Cross-Origin-Resource-Policy: same-origin", "Cross-Origin-Opener-Policy: same-origin",
      ] + fields
    return Array((all.joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }

  /// The time as HTTP writes it, e.g. `Sun, 06 Nov 1994 08:49:37 GMT`.
  private static var date: String {
    var (now, parts) = (time(nil), tm())
    gmtime_r(&now, &parts)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return String(
      format: "\(days[Int(parts.tm_wday)]), %02d \(months[Int(parts.tm_mon)]) %04d %02d:%02d:%02d GMT", parts.tm_mday,
      parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec)
  }
}
