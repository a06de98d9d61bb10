import Foundation
import Support

/// A small HTTP server for a few read-only contents, for one person's browser.
///
/// It answers GET and HEAD on paths that the caller knows, and reads no files itself. It answers only where the request
/// names this server as its host: a page of another site could otherwise have its own name point to this machine and
/// then read the answers (DNS rebinding).
///
/// One thread serves all connections and never waits for one of them.
package final class HTTPServer {
  /// E.g. `http://127.0.0.1:8000/`.
  package let url: String
  /// Whether programs on other machines can reach it.
  package let isPublic: Bool
  private let listener: Int32
  private let port: UInt16
  /// Names that stand for this server, without the port.
  private let names: Set<String>
  /// Whether it listens at every address of the machine.
  private let isEverywhere: Bool

  /// The most connections at a time; the oldest gives way to a new one.
  private static let mostConnections = 200

  /// Listens at an address of this machine.
  ///
  /// - Parameters:
  ///   - address: e.g. `127.0.0.1`, `::1`, `0.0.0.0` or `localhost`.
  ///   - port: 0 for a free one.
  /// - Throws: ``ServerError``.
  package init(address: String, port: UInt16) throws(ServerError) {
    guard let socketAddress = SocketAddress(address == "localhost" ? "127.0.0.1" : address, port: port) else {
      throw .badAddress(address)
    }
    let descriptor = socket(socketAddress.family, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw .cannotListen(address: address, port: port, reason: Files.reason(errno)) }
    var yes: Int32 = 1
    // Without this, the port would be taken for a minute after the program has ended.
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    HTTPServer.prepare(descriptor)
    guard socketAddress.bind(descriptor) == 0, listen(descriptor, 128) == 0 else {
      let code = errno
      Foundation.close(descriptor)
      if code == EADDRINUSE { throw .portInUse(address: address, port: port) }
      throw .cannotListen(address: address, port: port, reason: Files.reason(code))
    }
    listener = descriptor
    self.port = SocketAddress.port(of: descriptor) ?? port
    let text = address == "localhost" ? address : socketAddress.text
    let name = text.contains(":") ? "[\(text)]" : text
    let loopback = ["localhost", "127.0.0.1", "[::1]"]
    isPublic = !loopback.contains(name) && !address.hasPrefix("127.")
    isEverywhere = ["0.0.0.0", "[::]"].contains(name)
    names = Set(loopback + [name])
    url = "http://\(isEverywhere ? "localhost" : name):\(self.port)/"
  }

  deinit { close(listener) }

  /// Serves until `isStopped`, which is asked several times a second.
  ///
  /// - Parameter content: what a path has; `nil` for nothing.
  package func run(until isStopped: () -> Bool, _ content: (_ path: String) -> HTTPContent?) {
    var connections: [Connection] = []
    while !isStopped() {
      var polls = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)] + connections.map(\.poll)
      if poll(&polls, nfds_t(polls.count), 200) < 0, errno != EINTR { usleep(50_000) }
      for (connection, poll) in zip(connections, polls.dropFirst()) {
        if poll.revents != 0 { connection.advance { answer($0, content) } }
        connection.checkTime()
      }
      connections.removeAll(where: \.isClosed)
      if polls[0].revents != 0 { accept(&connections) }
    }
  }

  private func accept(_ connections: inout [Connection]) {
    // Those that are being served come first again after some new ones.
    for _ in 0..<64 {
      let descriptor = Foundation.accept(listener, nil, nil)
      if descriptor < 0 {
        // Where the process may open no more files, an old connection gives way.
        if [EMFILE, ENFILE].contains(errno) {
          if connections.isEmpty { usleep(50_000) } else { connections.removeFirst().close() }
        }
        return
      }
      HTTPServer.prepare(descriptor)
      if connections.count >= HTTPServer.mostConnections { connections.removeFirst().close() }
      connections.append(Connection(descriptor))
    }
  }

  private func answer(_ head: ArraySlice<UInt8>, _ content: (String) -> HTTPContent?) -> [UInt8] {
    do throws(HTTPStatus) {
      let request = try HTTPRequest(head)
      guard isOwn(request.host) else { throw .misdirected }
      return HTTPResponse.bytes(request, content(request.path))
    } catch { return HTTPResponse.bytes(error) }
  }

  /// Whether a request's host, e.g. `localhost:8000`, is this server.
  package func isOwn(_ host: String) -> Bool {
    let suffix = ":\(port)"
    guard let name = host.hasSuffix(suffix) ? String(host.dropLast(suffix.count)) : port == 80 ? host : nil else {
      return false
    }
    if names.contains(name) { return true }
    // An address, unlike a name, cannot be made to point elsewhere.
    let bare = name.hasPrefix("[") && name.hasSuffix("]") ? String(name.dropFirst().dropLast()) : name
    return isEverywhere && SocketAddress(bare, port: port) != nil
  }

  /// No call on the socket waits, and no child process gets it.
  private static func prepare(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }
}
