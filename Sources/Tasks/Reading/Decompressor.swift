import CArchive
import Foundation
import Support

/// A file that libarchive decompresses: a zip archive, or one file after gzip. No other format is switched on, since
/// each would be one more parser of untrusted files.
final class Decompressor {
  enum Kind { case zip, gzip }

  /// A member of an archive.
  struct Member {
    let name: String
    /// The size in the archive's list; `nil` where none is given.
    let size: Int?
    let isEncrypted: Bool
    let isFile: Bool
  }

  private let file: OpenFile
  private let archive: OpaquePointer
  private let kind: Kind
  /// libarchive gives names in the thread's locale, and no name where that lacks the letters; `nil` where the system has
  /// no such locale.
  private let locale = newlocale(1 << LC_CTYPE, "C.UTF-8", nil)

  /// - Throws: ``TaskError`` where the file cannot be opened or is of another kind.
  init(_ path: String, _ kind: Kind) throws(TaskError) {
    do throws(FileError) { file = try OpenFile(path) } catch { throw .unreadable(error) }
    guard let archive = archive_read_new() else {
      throw .badArchive(path: path, reason: "there is no memory left to decompress it")
    }
    self.archive = archive
    self.kind = kind
    switch kind {
    case .zip: archive_read_support_format_zip_seekable(archive)
    case .gzip:
      archive_read_support_filter_gzip(archive)
      archive_read_support_format_raw(archive)
    }
    guard archive_read_open_fd(archive, file.descriptor, 1 << 16) == ARCHIVE_OK else { throw damaged() }
  }

  deinit {
    archive_read_free(archive)
    if let locale { freelocale(locale) }
  }

  /// Goes to the next member; `nil` after the last.
  func next() throws(TaskError) -> Member? {
    let previous = locale.map { uselocale($0) }
    defer { if let previous { uselocale(previous) } }
    var entry: OpaquePointer?
    switch archive_read_next_header(archive, &entry) {
    case ARCHIVE_OK, ARCHIVE_WARN: break
    case ARCHIVE_EOF: return nil
    default: throw damaged()
    }
    guard let entry else { return nil }
    let name = archive_entry_pathname(entry)
    return Member(
      name: name.map { PathText.text(UnsafeRawBufferPointer(start: $0, count: strlen($0))) } ?? "",
      size: archive_entry_size_is_set(entry) != 0 ? Int(archive_entry_size(entry)) : nil,
      isEncrypted: archive_entry_is_encrypted(entry) != 0, isFile: archive_entry_filetype(entry) == 0o100000)
  }

  /// The content of the current member.
  ///
  /// - Throws: ``TaskError`` where it is damaged or has more than `limit` bytes.
  func content(limit: Int) throws(TaskError) -> [UInt8] {
    let part = 1 << 18
    var bytes: [UInt8] = []
    var count = 1
    while count > 0 {
      guard bytes.count <= limit else {
        throw .badArchive(
          path: file.path, reason: "has more than \(limit) bytes decompressed, expected a data file of at most that")
      }
      let next = [UInt8](unsafeUninitializedCapacity: part) { [archive] buffer, filled in
        count = archive_read_data(archive, buffer.baseAddress, part)
        filled = max(0, count)
      }
      bytes += next
    }
    guard count == 0 else { throw damaged() }
    return bytes
  }

  private func damaged() -> TaskError {
    // libarchive's own words are of little use to a user, e.g. "Unrecognized archive format" for a file cut off.
    let detail = archive_error_string(archive).map { " (\(String(cString: $0)))" } ?? ""
    let kind = kind == .zip ? "zip archive" : "gzip file"
    return .badArchive(
      path: file.path, reason: "is no \(kind), or one that is cut off or damaged\(detail); fetch the file again")
  }
}
