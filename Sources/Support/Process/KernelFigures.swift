/// Figures that the kernel writes as text, in `/proc`.
package enum KernelFigures {
  /// Reads a figure that a file gives in KiB, and returns it in bytes; `nil` where the file does not tell. A line of such
  /// a file is `VmRSS:     1024 kB`.
  ///
  /// - Parameters:
  ///   - path: e.g. `/proc/self/status` or `/proc/meminfo`.
  ///   - key: the beginning of the line, e.g. `VmRSS:` for the resident memory or `VmHWM:` for its peak.
  package static func bytes(_ path: String, _ key: String) -> Int? {
    let line = Files.lines(path).first { $0.hasPrefix(key) }
    return line?.dropFirst(key.count).split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }.map { $0 * 1_024 }
  }
}
