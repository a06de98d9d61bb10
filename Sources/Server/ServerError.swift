import Support

/// Why a server cannot start.
package enum ServerError: UserError, Equatable {
  case badAddress(String)
  case portInUse(address: String, port: UInt16)
  case cannotListen(address: String, port: UInt16, reason: String)

  package var message: String {
    switch self {
    case .badAddress(let address):
      "--host: found \"\(address)\", expected an address of this machine, e.g. 127.0.0.1, ::1 or 0.0.0.0, or localhost"
    case .portInUse(let address, let port):
      "--port \(port): another program is listening at \(address), port \(port); choose another port, or 0 for a free one"
    case .cannotListen(let address, let port, let reason):
      "--host \(address) --port \(port): cannot listen there: \(reason)"
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .badAddress: .usage
    case .portInUse, .cannotListen: .cannotCreate
    }
  }
}
