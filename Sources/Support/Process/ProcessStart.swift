import Foundation

/// The first step of each program of this package.
package enum ProcessStart {
  /// Repairs what a parent process may have passed on, so that a failed write is an error and does not kill the
  /// process.
  package static func prepare() {
    openStandardStreams()
    // Writing to a pipe that nobody reads, or past a file size limit, then fails with an error number.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    // If SIGCHLD were ignored, the exit status of child processes would be lost.
    signal(SIGCHLD, SIG_DFL)
  }

  /// Fills closed standard streams. Otherwise the next file opened would get the number of standard output, and results
  /// would be written into that file. The replacement allows no writing (for standard input, no reading), so that using
  /// a closed stream is still an error.
  private static func openStandardStreams() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
      let other = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY
      // A folder cannot be read or written, and `/` exists even where `/dev` does not.
      if open("/dev/null", other) < 0 { _ = open("/", O_RDONLY) }
    }
  }
}
