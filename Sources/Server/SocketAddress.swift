import Foundation

/// An address of version 4 or 6 with a port.
struct SocketAddress {
  private enum Form {
    case four(sockaddr_in)
    case six(sockaddr_in6)
  }

  private let form: Form

  /// - Parameter text: e.g. `127.0.0.1` or `::1`; `nil` results for anything else, such as a name.
  init?(_ text: String, port: UInt16) {
    var (four, six) = (sockaddr_in(), sockaddr_in6())
    if inet_pton(AF_INET, text, &four.sin_addr) == 1 {
      (four.sin_family, four.sin_port) = (sa_family_t(AF_INET), port.bigEndian)
      form = .four(four)
    } else if inet_pton(AF_INET6, text, &six.sin6_addr) == 1 {
      (six.sin6_family, six.sin6_port) = (sa_family_t(AF_INET6), port.bigEndian)
      form = .six(six)
    } else {
      return nil
    }
  }

  /// The address in its shortest form, as a browser writes it: `::1` for `0::1`.
  var text: String {
    func text<Address>(_ family: Int32, _ address: Address) -> String {
      var bytes = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
      withUnsafePointer(to: address) { _ = inet_ntop(family, $0, &bytes, socklen_t(bytes.count)) }
      return String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
    switch form {
    case .four(let address): return text(AF_INET, address.sin_addr)
    case .six(let address): return text(AF_INET6, address.sin6_addr)
    }
  }

  var family: Int32 {
    switch form {
    case .four: AF_INET
    case .six: AF_INET6
    }
  }

  /// Gives the address to a socket.
  ///
  /// - Returns: 0, or -1 with the reason in `errno`.
  func bind(_ descriptor: Int32) -> Int32 {
    func bind<Address>(_ address: Address) -> Int32 {
      withUnsafeBytes(of: address) { bytes in
        bytes.withMemoryRebound(to: sockaddr.self) { address in
          address.baseAddress.map { Foundation.bind(descriptor, $0, socklen_t(MemoryLayout<Address>.size)) } ?? -1
        }
      }
    }
    switch form {
    case .four(let address): return bind(address)
    case .six(let address): return bind(address)
    }
  }

  /// The port that a socket has.
  static func port(of descriptor: Int32) -> UInt16? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutableBytes(of: &storage) { bytes in
      let code = bytes.withMemoryRebound(to: sockaddr.self) { address in
        address.baseAddress.map { getsockname(descriptor, $0, &length) } ?? -1
      }
      // The port is at the same place in both versions, in the network's order of bytes.
      return code == 0 ? UInt16(bytes[2]) << 8 | UInt16(bytes[3]) : nil
    }
  }
}
