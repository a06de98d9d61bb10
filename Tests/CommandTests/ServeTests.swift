import Foundation
import Support
import TestSupport
import Testing

/// `finetune serve`, asked over a socket as a browser, a careless program or an attacker would.
@Suite(.serialized) struct ServeTests {
  /// A server with a report, and what ends it.
  private final class Server {
    let folder: TemporaryFolder
    let port: UInt16
    let process: Process
    private let finish: () throws -> Program.Outcome

    init(_ folder: TemporaryFolder, _ arguments: [String] = ["g"], after shell: String? = nil) throws {
      let (started, finish) = try Program.start(["serve"] + arguments + ["--port", "0"], in: folder, after: shell)
      var url = ""
      _ = wait {
        url = String(decoding: (try? Files.read(folder.path + "/.out")) ?? [], as: UTF8.self)
        return url.hasSuffix("\n") || !started.isRunning
      }
      port = try #require(url.split(separator: ":").last.flatMap { UInt16($0.dropLast(2)) }, "\(url)")
      (self.folder, process, self.finish) = (folder, started, finish)
    }

    deinit { if process.isRunning { process.terminate() } }

    func stop(_ signal: Int32 = SIGTERM) throws -> Program.Outcome {
      kill(process.processIdentifier, signal)
      return try finish()
    }

    /// Opens a connection.
    func connect() throws -> Int32 {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_in()
      (address.sin_family, address.sin_port) = (sa_family_t(AF_INET), port.bigEndian)
      inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
      var limit = timeval(tv_sec: 20, tv_usec: 0)
      setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
      let code = withUnsafePointer(to: address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      try #require(code == 0, "\(Files.reason(errno))")
      return descriptor
    }

    func send(_ text: String, to descriptor: Int32) {
      let bytes = Array(text.utf8)
      var sent = 0
      while sent < bytes.count {
        let count = bytes.withUnsafeBytes { bytes in
          bytes.baseAddress.map { Foundation.send(descriptor, $0 + sent, bytes.count - sent, Int32(MSG_NOSIGNAL)) } ?? 0
        }
        guard count > 0 else { return }
        sent += count
      }
    }

    func answer(_ descriptor: Int32) -> String {
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while true {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { break }
        bytes += buffer[..<count]
      }
      close(descriptor)
      return String(decoding: bytes, as: UTF8.self)
    }

    func exchange(_ text: String) throws -> String {
      let descriptor = try connect()
      send(text, to: descriptor)
      return answer(descriptor)
    }

    func get(_ path: String, method: String = "GET", _ more: String = "") throws -> (head: String, body: String) {
      let text = try exchange("\(method) \(path) HTTP/1.1\r\nHost: localhost:\(port)\r\n\(more)\r\n")
      let parts = text.components(separatedBy: "\r\n\r\n")
      return (parts[0], parts.dropFirst().joined(separator: "\r\n\r\n"))
    }

    func version() throws -> JSON { try JSON.parse(Array(get("/version").body.utf8)) }
  }

  private func grid(_ seeds: String, in folder: TemporaryFolder, _ name: String = "g") throws {
    let outcome = try Program.run(
      [
        "run", "--task", "cola", "--seeds", seeds, "--model", SharedData.fixture("models/bert-tiny"), "--data",
        SharedData.fixture("data/cola"), "--threads", "1", "--max-steps", "2", "--eval-limit", "20", "--save", "none",
        "--quiet", "--output", name,
      ], in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test func thePage() throws {
    let folder = try TemporaryFolder()
    try grid("1,2", in: folder)
    let server = try Server(folder)
    let (head, body) = try server.get("/")
    #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n") && body.contains("<h1 id=\"top\">"), "\(head)")
    #expect(head.contains("Content-Length: \(body.utf8.count)"))
    for part in [
      "Content-Security-Policy: default-src 'none'", "frame-ancestors 'none'", "X-Content-Type-Options: nosniff",
      "Referrer-Policy: no-referrer", "Cross-Origin-Resource-Policy: same-origin", "Cache-Control: no-cache",
      "Connection: close",
    ] { #expect(head.contains(part), "\(part)") }
    #expect(!head.contains("script-src 'unsafe-inline'"))
    let tag = try #require(head.components(separatedBy: "\r\n").first { $0.hasPrefix("ETag: ") }?.dropFirst(6))
    let again = try server.get("/", "If-None-Match: \(tag)\r\n")
    #expect(again.head.hasPrefix("HTTP/1.1 304 ") && again.body.isEmpty)
    let only = try server.get("/", method: "HEAD")
    #expect(only.head.contains("Content-Length: \(body.utf8.count)") && only.body.isEmpty)
    let version = try server.version()
    #expect(body.contains("data-version=\"\(version["version"]?.string ?? "?")\"") && version["fault"]?.isNull == true)
    for path in ["/results.json", "/g/grid.json", "/../../etc/passwd", "/%2e%2e/", "//", "/index.html", "/version/"] {
      #expect(try server.get(path).head.hasPrefix("HTTP/1.1 404 "), "\(path)")
    }
    let post = try server.get("/", method: "POST")
    #expect(post.head.hasPrefix("HTTP/1.1 405 ") && post.head.contains("Allow: GET, HEAD"))
    let outcome = try server.stop(SIGINT)
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
  }

  /// Another site's name that was made to point here is refused, and so is whatever is not HTTP.
  @Test func strangers() throws {
    let folder = try TemporaryFolder()
    try grid("1", in: folder)
    let server = try Server(folder)
    for (request, status) in [
      ("GET / HTTP/1.1\r\nHost: evil.example:\(server.port)\r\n\r\n", "421"),
      ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "421"),
      ("GET http://evil.example/ HTTP/1.1\r\nHost: localhost:\(server.port)\r\n\r\n", "421"),
      ("GET / HTTP/1.1\r\n\r\n", "400"), ("GET / HTTP/1.0\r\n\r\n", "400"), ("\r\n\r\n", "400"),
      ("\u{0}\u{1}\r\n\r\n", "400"),
      ("GET / HTTP/1.0\r\nHost: 127.0.0.1:\(server.port)\r\n\r\n", "200"),
      ("GET / HTTP/1.1\nHost: 127.0.0.1:\(server.port)\n\n", "200"),
      (
        "GET / HTTP/1.1\r\nHost: localhost:\(server.port)\r\nX: \(String(repeating: "a", count: 100_000))\r\n\r\n",
        "431"
      ),
      (String(repeating: "A", count: 1_000_000), "431"), ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", "505"),
      ("GET / HTTP/1.1\r\nHost: localhost:\(server.port)\r\nContent-Length: 9\r\n\r\n", "400"),
    ] {
      #expect(try server.exchange(request).hasPrefix("HTTP/1.1 \(status) "), "\(request.prefix(60))")
    }
    // One who says nothing, or half of something, and goes.
    for text in ["", "GET / HT"] {
      let descriptor = try server.connect()
      server.send(text, to: descriptor)
      close(descriptor)
    }
    #expect(try server.get("/").head.hasPrefix("HTTP/1.1 200 "))
    #expect(try server.stop().status == 0)
  }

  /// A thousand clients who send one byte each keep no one out, also where the process may open few files.
  @Test(arguments: ["true", "ulimit -n 64"]) func manyAndSlow(_ shell: String) throws {
    let folder = try TemporaryFolder()
    try grid("1", in: folder)
    let server = try Server(folder, after: shell)
    var slow: [Int32] = []
    for index in 0..<1_000 {
      guard let descriptor = try? server.connect() else { break }
      server.send("G", to: descriptor)
      slow.append(descriptor)
      if index % 200 == 199 { #expect(try server.get("/").head.hasPrefix("HTTP/1.1 200 ")) }
    }
    #expect(slow.count == 1_000)
    // The last of them are answered when their time is over, not sooner and not never.
    let start = ContinuousClock.now
    let text = try #require(slow.popLast().map(server.answer))
    #expect(text.hasPrefix("HTTP/1.1 408 "), "\(text)")
    #expect(ContinuousClock.now - start < .seconds(19))
    for descriptor in slow { close(descriptor) }
    #expect(try server.get("/").head.hasPrefix("HTTP/1.1 200 "))
    #expect(try server.stop().status == 0)
  }

  /// A page is new when a run has ended, and stays as it was while a file is half written.
  @Test func renewal() throws {
    let folder = try TemporaryFolder()
    try folder.write("g/logs/empty.txt", "")
    let server = try Server(folder, ["g"])
    #expect(try server.get("/").body.contains("Nothing to report yet"))
    try Files.remove(folder.path + "/g/logs")
    try grid("1", in: folder)
    #expect(wait { (try? server.get("/").body.contains("g/seed-1")) == true })
    try grid("1,2", in: folder)
    #expect(wait { (try? server.get("/").body.contains("g/seed-2")) == true })
    let whole = try Files.read(folder.path + "/g/grid.json")
    let before = try server.version()
    #expect(wait { (try? server.version()["fault"]?.isNull) == true })
    try folder.write("g/grid.json", Array(whole.prefix(whole.count / 2)))
    #expect(wait { (try? server.version()["fault"]?.string?.contains("grid.json: is not JSON")) == true })
    let fault = try server.version()
    #expect(fault["version"] == before["version"] && fault["fault"]?.string?.contains("\n") == false)
    #expect(try server.get("/").body.contains("g/seed-2"))
    try folder.write("g/grid.json", whole)
    #expect(wait { (try? server.version()["fault"]?.isNull) == true })
    try FileManager.default.removeItem(atPath: folder.path + "/g")
    #expect(wait { (try? server.version()["fault"]?.string?.contains("no such folder")) == true })
    #expect(try server.get("/").body.contains("g/seed-2"))
    #expect(try server.stop().status == 0)
  }

  @Test func faults() throws {
    let folder = try TemporaryFolder()
    try grid("1", in: folder)
    let server = try Server(folder)
    for (arguments, status, expected) in [
      (["serve", "g", "--port", "\(server.port)"], 73, "another program is listening"),
      (["serve", "nothere", "--port", "0"], 66, "nothere"), (["serve", "g", "--port", "70000"], 64, "--port"),
      (["serve", "g", "--host", "example", "--port", "0"], 64, "--host"), (["serve"], 64, "dir"),
    ] as [([String], Int32, String)] {
      let other = try TemporaryFolder()
      if arguments.contains("g") { try grid("1", in: other) }
      let outcome = try Program.run(arguments, in: other)
      #expect(outcome.status == status && outcome.errors.contains(expected), "\(arguments): \(outcome.errors)")
      #expect(outcome.errors.split(separator: "\n").count == 1 && outcome.output.isEmpty)
    }
    #expect(try server.stop().status == 0)
  }
}
