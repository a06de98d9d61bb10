import Foundation

/// System calls on a file descriptor, repeated where a signal cut them short.
enum Descriptor {
  /// Writes all bytes.
  ///
  /// - Returns: 0, or the error number. A short write is no error; the next write reports the reason.
  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
    guard let base = bytes.baseAddress else { return 0 }
    var done = 0
    while done < bytes.count {
      let put = Foundation.write(descriptor, base + done, bytes.count - done)
      if put < 0, errno == EINTR { continue }
      if put < 0, errno == EAGAIN {
        // Another process that shares the pipe or terminal has made it non-blocking.
        _ = isWritable(descriptor, within: -1)
        continue
      }
      guard put > 0 else { return put < 0 ? errno : EIO }
      done += put
    }
    return 0
  }

  /// Reads until `destination` is full or the file ends.
  ///
  /// - Returns: how many bytes were read, and 0 or the error number.
  static func read(_ destination: UnsafeMutableRawBufferPointer, from descriptor: Int32) -> (count: Int, code: Int32) {
    guard let base = destination.baseAddress else { return (0, 0) }
    var done = 0
    while done < destination.count {
      let got = Foundation.read(descriptor, base + done, destination.count - done)
      if got < 0, errno == EINTR { continue }
      if got < 0 { return (done, errno) }
      if got == 0 { break }
      done += got
    }
    return (done, 0)
  }

  /// Waits until a write would not block.
  ///
  /// - Parameter milliseconds: the longest wait; -1 waits without limit.
  /// - Returns: whether to try a write: there is room, or the write would report an error.
  static func isWritable(_ descriptor: Int32, within milliseconds: Int32) -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    while true {
      let ready = poll(&request, 1, milliseconds)
      if ready < 0, errno == EINTR { continue }
      return ready != 0
    }
  }

  /// Flushes to the disk.
  ///
  /// - Returns: 0, or the error number. What cannot be flushed gives 0 too, such as a folder on some file systems.
  static func flush(_ descriptor: Int32) -> Int32 {
    while fsync(descriptor) != 0 {
      switch errno {
      case EINTR: continue
      case EINVAL, ENOTSUP, ENOSYS, EROFS, EBADF: return 0
      default: return errno
      }
    }
    return 0
  }
}
