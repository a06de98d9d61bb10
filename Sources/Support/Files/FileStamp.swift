import Foundation

/// What tells a file that was written again from what it was: which file it is, its size and its time.
package struct FileStamp: Equatable, Sendable {
  private let device: UInt64
  private let inode: UInt64
  private let size: Int64
  private let seconds: Int
  private let nanoseconds: Int
  /// When the file itself or who may read it was changed last.
  private let changed: [Int]

  /// `nil` where nothing is at the path, links followed.
  package init?(_ path: String) {
    var status = stat()
    guard PathText.withCString(path, { stat($0, &status) }) == 0 else { return nil }
    (device, inode, size) = (UInt64(status.st_dev), UInt64(status.st_ino), Int64(status.st_size))
    (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
  }
}
