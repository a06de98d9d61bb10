import Foundation

/// A file operation that failed.
public enum FileError: UserError, Equatable {
  case missing(path: String)
  case isDirectory(path: String)
  case unreadable(path: String, reason: String)
  case tooLarge(path: String, bytes: Int, limit: Int)
  case cannotCreate(path: String, reason: String)
  case writeFailed(path: String, reason: String)

  public var message: String {
    switch self {
    case .missing(let path): "\(path): no such file; check the path"
    case .isDirectory(let path): "\(path): is a folder, expected a file"
    case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
    case .tooLarge(let path, let bytes, let limit):
      "\(path): \(bytes) bytes, expected at most \(limit); this is not the kind of file it should be"
    case .cannotCreate(let path, let reason): "\(path): cannot be created: \(reason)"
    case .writeFailed(let path, let reason):
      "\(path): writing failed: \(reason); nothing was replaced"
    }
  }

  public var exitStatus: ExitStatus {
    switch self {
    case .missing: .missingInput
    case .isDirectory, .unreadable, .tooLarge: .badInput
    case .cannotCreate: .cannotCreate
    case .writeFailed: .writeFailed
    }
  }
}

/// Whole-file reading with a bound, and writing that never leaves half a file.
public enum Files {
  /// Reads a regular file of at most `limit` bytes.
  ///
  /// - Throws: ``FileError`` when it is missing, a folder, unreadable or larger.
  public static func read(_ path: String, limit: Int = 1 << 31) throws(FileError) -> [UInt8] {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw errno == ENOENT || errno == ENOTDIR
        ? .missing(path: path) : .unreadable(path: path, reason: reason(errno))
    }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw .isDirectory(path: path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(path: path, reason: "not a regular file")
    }
    let size = Int(status.st_size)
    guard size <= limit else { throw .tooLarge(path: path, bytes: size, limit: limit) }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(path: path, reason: reason(errno)) }
    defer { close(descriptor) }
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        guard let base = buffer.baseAddress else { break }
        let got = Foundation.read(descriptor, base + count, size - count)
        if got < 0, errno == EINTR { continue }
        if got < 0 { failure = errno }
        if got <= 0 { break }
        count += got
      }
    }
    guard failure == 0 else { throw .unreadable(path: path, reason: reason(failure)) }
    return bytes
  }

  /// Replaces `path` by a file that `body` writes, or leaves it as it was: a temporary file beside it is written, flushed
  /// to disk and renamed.
  ///
  /// - Throws: ``FileError`` when a step fails; the temporary file is then removed.
  public static func writeAtomically(
    _ path: String, _ body: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws(FileError) {
    let temporary = path + ".tmp-\(getpid())"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .cannotCreate(path: path, reason: reason(errno)) }
    do {
      try body { bytes in
        var done = 0
        while done < bytes.count {
          guard let base = bytes.baseAddress else { break }
          let put = write(descriptor, base + done, bytes.count - done)
          if put < 0, errno == EINTR { continue }
          guard put > 0 else { throw FileError.writeFailed(path: path, reason: reason(errno)) }
          done += put
        }
      }
      guard fsync(descriptor) == 0 else {
        throw FileError.writeFailed(path: path, reason: reason(errno))
      }
    } catch {
      close(descriptor)
      unlink(temporary)
      throw error as? FileError ?? .writeFailed(path: path, reason: error.localizedDescription)
    }
    guard close(descriptor) == 0, rename(temporary, path) == 0 else {
      let code = errno
      unlink(temporary)
      throw .writeFailed(path: path, reason: reason(code))
    }
  }

  /// Replaces `path` by `bytes`, atomically.
  public static func writeAtomically(_ path: String, _ bytes: [UInt8]) throws(FileError) {
    try writeAtomically(path) { write in try bytes.withUnsafeBytes { try write($0) } }
  }

  /// The operating system's words for what Foundation reports, where it has an error number of it.
  public static func reason(of error: any Error) -> String {
    let error = error as NSError
    if let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError, cause.domain == NSPOSIXErrorDomain {
      return reason(Int32(cause.code))
    }
    return error.localizedDescription
  }

  /// The operating system's words for an error number.
  public static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
