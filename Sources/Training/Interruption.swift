import Foundation
import Synchronization

/// Ctrl-C, SIGTERM, a lost terminal (SIGHUP) and spent processor time (SIGXCPU, `ulimit -S -t`): the step under way is
/// finished, then the run ends in order. A second signal ends the process at once.
package enum Interruption {
  private static let requested = Atomic<Bool>(false)

  private static let numbers = [SIGINT, SIGTERM, SIGHUP, SIGXCPU]

  package static var isRequested: Bool { requested.load(ordering: .relaxed) }

  /// Asks for an orderly end, as the signals do.
  package static func request() { requested.store(true, ordering: .relaxed) }

  /// Starts listening.
  package static func install() {
    // A handler must not be the first to touch what Swift makes on first use.
    _ = isRequested
    // A parent that blocks signals, as a thread of a server does, hands that on to us.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in numbers { sigaddset(&signals, number) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    for number in numbers {
      // `nohup` has asked that the loss of the terminal be ignored.
      if number == SIGHUP, Interruption.isIgnored(number) { continue }
      signal(number) { number in
        Interruption.requested.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
    }
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    sigaction(number, nil, &action)
    // SIG_IGN, a cast of 1 that Swift does not import; no handler has that address.
    return action.__sigaction_handler.sa_handler.map { unsafeBitCast($0, to: Int.self) } == 1
  }
}
