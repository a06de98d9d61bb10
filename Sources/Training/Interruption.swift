import Foundation
import Synchronization

/// Ctrl-C and SIGTERM: the step under way is finished, then the run ends in order. A second signal ends the process at once.
public enum Interruption {
  private static let requested = Atomic<Bool>(false)

  public static var isRequested: Bool { requested.load(ordering: .relaxed) }

  /// Asks for an orderly end, as the signals do.
  public static func request() { requested.store(true, ordering: .relaxed) }

  /// Starts listening.
  public static func install() {
    // A parent that blocks signals, as a thread of a server does, hands that on to us.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        Interruption.requested.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
    }
  }
}
