import Foundation
import Synchronization

/// Ends a run in order on Ctrl-C (SIGINT), on SIGTERM, on loss of the terminal (SIGHUP) and on the limit of processor
/// time (SIGXCPU, `ulimit -S -t`). The current step is finished first. A second signal of the same kind ends the
/// process at once.
package enum Interruption {
  private static let requested = Atomic<Bool>(false)

  private static let numbers = [SIGINT, SIGTERM, SIGHUP, SIGXCPU]

  package static var isRequested: Bool { requested.load(ordering: .relaxed) }

  /// Asks for an orderly end, as a signal does.
  package static func request() { requested.store(true, ordering: .relaxed) }

  /// Installs the signal handlers.
  package static func install() {
    // Swift initializes a static property on first use, which is not safe in a signal handler; so use it here first.
    _ = isRequested
    // A process inherits blocked signals from its parent, e.g. from a server's thread. They must be unblocked.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in numbers { sigaddset(&signals, number) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    for number in numbers {
      // `nohup` makes the process ignore SIGHUP; keep it so.
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
    // SIG_IGN is the number 1 cast to a pointer, a macro that Swift does not import. No handler has that address.
    return action.__sigaction_handler.sa_handler.map { unsafeBitCast($0, to: Int.self) } == 1
  }
}
