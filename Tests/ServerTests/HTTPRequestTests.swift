import Server
import Support
import Testing

/// What a browser sends is understood, and everything else gets a status.
@Suite struct HTTPRequestTests {
  private func read(_ text: String) -> Result<HTTPRequest, HTTPStatus> {
    do throws(HTTPStatus) { return .success(try HTTPRequest(Array(text.utf8))) } catch { return .failure(error) }
  }

  @Test func aBrowsersRequest() throws {
    let request = try read(
      "GET /version?x=1 HTTP/1.1\r\nHost: LocalHost:8000\r\nAccept: */*\r\nIf-None-Match: \"a\", W/\"b\"\r\nX-Name:\tgrüße \r\nEmpty:"
    ).get()
    #expect(request.wantsBody && request.path == "/version" && request.host == "localhost:8000")
    #expect(request.knownTags == ["\"a\"", "W/\"b\""])
    let head = try read("HEAD / HTTP/1.0\nhost: a:1").get()
    #expect(!head.wantsBody && head.path == "/" && head.host == "a:1")
    // The host of a whole address counts, not that of the header.
    #expect(try read("GET http://evil:80/x?y HTTP/1.1\r\nHost: localhost").get().host == "evil:80")
    #expect(try read("GET http://a HTTP/1.1\r\nHost: b").get().path == "/")
  }

  @Test(arguments: [
    ("", HTTPStatus.badRequest), ("GET", .badRequest), ("GET /", .badRequest), ("GET / HTTP/1.1", .badRequest),
    ("GET  / HTTP/1.1\r\nHost: a", .badRequest), ("GET / a HTTP/1.1\r\nHost: a", .badRequest),
    ("GET x HTTP/1.1\r\nHost: a", .badRequest), ("GET * HTTP/1.1\r\nHost: a", .badRequest),
    ("GET / FTP/1.1\r\nHost: a", .badRequest), ("GET / HTTP/2.0\r\nHost: a", .versionNotSupported),
    ("GET / HTTP/0.9\r\nHost: a", .versionNotSupported), ("POST / HTTP/1.1\r\nHost: a", .methodNotAllowed),
    ("OPTIONS * HTTP/1.1\r\nHost: a", .methodNotAllowed), ("get / HTTP/1.1\r\nHost: a", .methodNotAllowed),
    ("G\u{E9}T / HTTP/1.1\r\nHost: a", .badRequest), ("GET / HTTP/1.1\r\nHost: a\r\nHost: b", .badRequest),
    ("GET / HTTP/1.1\r\nHost : a", .badRequest), ("GET / HTTP/1.1\r\n Host: a", .badRequest),
    ("GET / HTTP/1.1\r\nHost: a\r\n b", .badRequest), ("GET / HTTP/1.1\r\nHost: a\r\nnothing", .badRequest),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{0}", .badRequest), ("GET / HTTP/1.1\r\nHost: a\rX: b", .badRequest),
    ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5", .badRequest),
    ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked", .badRequest),
    ("GET / HTTP/1.1\r\nHost: a" + String(repeating: "\r\nA: b", count: 100), .headTooLarge),
  ]) func refused(_ text: String, status: HTTPStatus) {
    #expect(read(text) == .failure(status))
  }

  /// Only the address and the port that it listens at, so that no other site's name leads here.
  @Test func hosts() throws {
    let server = try HTTPServer(address: "127.0.0.1", port: 0)
    let port = try #require(server.url.split(separator: ":").last.map { String($0.dropLast()) })
    #expect(!server.isPublic && Int(port) != 0)
    for name in ["localhost", "127.0.0.1", "[::1]"] { #expect(server.isOwn("\(name):\(port)")) }
    for host in [
      "localhost", "127.0.0.1", "localhost:1", "evil.example:\(port)", "192.168.0.7:\(port)", "localhost.evil:\(port)",
      "",
      ":\(port)", "localhost:\(port):\(port)", "localhost:0\(port)", "[127.0.0.1]:1",
    ] { #expect(!server.isOwn(host), "\(host)") }
    let everywhere = try HTTPServer(address: "0.0.0.0", port: 0)
    let other = try #require(everywhere.url.split(separator: ":").last.map { String($0.dropLast()) })
    #expect(everywhere.isPublic && everywhere.isOwn("192.168.0.7:\(other)") && everywhere.isOwn("[fe80::1]:\(other)"))
    #expect(!everywhere.isOwn("evil.example:\(other)"))
  }

  @Test func addresses() throws {
    for address in ["", "example", "1.2.3", "256.0.0.1", "127.0.0.1:80", "[::1]", "*"] {
      #expect(throws: ServerError.badAddress(address)) { try HTTPServer(address: address, port: 0) }
    }
    let server = try HTTPServer(address: "localhost", port: 0)
    let port = try #require(server.url.split(separator: ":").last.flatMap { UInt16($0.dropLast()) })
    #expect(server.url == "http://localhost:\(port)/")
    let fault = #expect(throws: ServerError.portInUse(address: "127.0.0.1", port: port)) {
      try HTTPServer(address: "127.0.0.1", port: port)
    }
    #expect(fault?.exitStatus == .cannotCreate)
    // An address of documentation, which no machine has.
    #expect(throws: ServerError.self) { try HTTPServer(address: "192.0.2.1", port: 0) }
  }
}
