import Foundation

/// What every program of ours does first.
package enum ProcessStart {
  /// Puts in order what a parent may have handed on, so that a fault is an error number and not the end of the process.
  package static func prepare() {
    openStandardStreams()
    // A pipe that nobody reads, and a file larger than a limit: the write that fails tells it.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    // Ignored, it would lose the exit status of our own children.
    signal(SIGCHLD, SIG_DFL)
  }

  /// A file that is opened while standard output is closed would get its number, and results in it. What is put in the
  /// place of a closed stream cannot be written to (or read), so that its absence is an error as before.
  private static func openStandardStreams() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
      let other = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY
      // A folder cannot be read or written; it is there even without /dev.
      if open("/dev/null", other) < 0 { _ = open("/", O_RDONLY) }
    }
  }
}
