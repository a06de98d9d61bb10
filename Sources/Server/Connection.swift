import Foundation

/// One client: its request is read, answered, and the connection closed.
///
/// Nothing here waits. Each state has a time at which it ends whatever the client does, so that a client that sends or
/// reads one byte a minute costs a little memory for some seconds, and nobody else's time.
final class Connection {
  private enum State {
    case reading
    case writing
    /// The answer is sent. What the client still sends is read, because closing before would make the system discard the
    /// answer on its way.
    case draining
    case closed
  }

  /// The longest head of a request, in bytes; browsers send less than 2 kB.
  static let longestHead = 16_384
  private static let readingTime = Duration.seconds(10)
  private static let writingTime = Duration.seconds(30)
  private static let drainingTime = Duration.seconds(2)

  private let descriptor: Int32
  private var state = State.reading
  private var end: ContinuousClock.Instant
  private var head: [UInt8] = []
  private var answer: [UInt8] = []
  private var sent = 0

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    end = .now + Connection.readingTime
  }

  deinit { close() }

  var isClosed: Bool { state == .closed }

  /// What the system is to wait for.
  var poll: pollfd { pollfd(fd: descriptor, events: Int16(state == .writing ? POLLOUT : POLLIN), revents: 0) }

  func close() {
    if state != .closed { Foundation.close(descriptor) }
    state = .closed
  }

  /// Goes on after the system said that the connection is ready.
  ///
  /// - Parameter answer: gives the answer to a head.
  func advance(_ answer: (ArraySlice<UInt8>) -> [UInt8]) {
    switch state {
    case .reading: read(answer)
    case .writing: write()
    case .draining: if receive()?.isEmpty ?? false { close() }
    case .closed: break
    }
  }

  /// Ends a state that took too long.
  func checkTime() {
    guard end < .now else { return }
    if state == .reading, !head.isEmpty { respond(HTTPResponse.bytes(.timeout)) } else { close() }
  }

  private func read(_ answer: (ArraySlice<UInt8>) -> [UInt8]) {
    guard let bytes = receive() else { return }
    guard !bytes.isEmpty else { return close() }
    let before = head.count
    head += bytes
    // The end may have begun in what came before.
    if let end = Connection.end(of: head, from: max(0, before - 3)), end <= Connection.longestHead {
      respond(answer(head[..<end]))
    } else if head.count > Connection.longestHead {
      respond(HTTPResponse.bytes(.headTooLarge))
    }
  }

  /// Where the head ends: before the line break that an empty line follows.
  private static func end(of head: [UInt8], from start: Int) -> Int? {
    for index in head.indices.dropFirst(start) where head[index] == 0x0A {
      let rest = head[(index + 1)...].prefix(2)
      if rest.first == 0x0A || rest.elementsEqual([0x0D, 0x0A]) {
        return index > 0 && head[index - 1] == 0x0D ? index - 1 : index
      }
    }
    return nil
  }

  private func respond(_ bytes: [UInt8]) {
    (answer, head, state, end) = (bytes, [], .writing, .now + Connection.writingTime)
    write()
  }

  private func write() {
    while sent < answer.count {
      let count = answer.withUnsafeBytes { bytes in
        bytes.baseAddress.map { send(descriptor, $0 + sent, bytes.count - sent, Int32(MSG_NOSIGNAL)) } ?? 0
      }
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN { return }
      guard count > 0 else { return close() }
      sent += count
    }
    shutdown(descriptor, Int32(SHUT_WR))
    (answer, state, end) = ([], .draining, .now + Connection.drainingTime)
  }

  /// What has arrived; empty where the client has ended, `nil` where nothing is there yet.
  private func receive() -> [UInt8]? {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: 16_384) { buffer, count in
      let got = recv(descriptor, buffer.baseAddress, buffer.count, 0)
      (count, code) = (max(0, got), got < 0 ? errno : 0)
    }
    if code == EINTR || code == EAGAIN { return nil }
    return bytes
  }
}
