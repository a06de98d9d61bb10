import Foundation

/// A file operation that failed.
package enum FileError: UserError, Equatable {
  case missing(path: String)
  case isDirectory(path: String)
  case unreadable(path: String, reason: String)
  case tooLarge(path: String, bytes: Int, limit: Int)
  case cannotCreate(path: String, reason: String)
  case cannotRemove(path: String, reason: String)
  case writeFailed(path: String, reason: String)
  /// Appending a record failed; the records before it are whole.
  case appendFailed(path: String, reason: String)
  /// Standard output did not take a result. `code` is the system's error number; `kept` is the folder that holds the
  /// result too.
  case printFailed(code: Int32, kept: String?)

  package var message: String {
    switch self {
    case .missing(let path): "\(path): no such file; check the path"
    case .isDirectory(let path): "\(path): is a folder, expected a file"
    case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
    case .tooLarge(let path, let bytes, let limit):
      "\(path): \(bytes) bytes, expected at most \(limit); this is not the kind of file it should be"
    case .cannotCreate(let path, let reason): "\(path): cannot be created: \(reason)"
    case .writeFailed(let path, let reason):
      "\(path): writing failed: \(reason); nothing was replaced\(FileError.remedy(reason))"
    case .cannotRemove(let path, let reason): "\(path): cannot be removed: \(reason)"
    case .appendFailed(let path, let reason):
      "\(path): writing failed: \(reason); the lines before are whole\(FileError.remedy(reason))"
    case .printFailed(let code, let kept):
      "standard output: the result cannot be printed: \(Files.reason(code))" + (kept.map { "; it is in \($0)" } ?? "")
    }
  }

  /// What to do about a full disk.
  private static func remedy(_ reason: String) -> String {
    [ENOSPC, EDQUOT].map(Files.reason).contains(reason)
      ? ", and files that were written before are intact: make room there, and give the command again, "
        + "with --resume for a run" : ""
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .missing: .missingInput
    case .isDirectory, .unreadable, .tooLarge: .badInput
    case .cannotCreate, .cannotRemove: .cannotCreate
    case .writeFailed, .appendFailed, .printFailed: .writeFailed
    }
  }
}

/// Reading of whole files up to a size limit, and writing that never leaves half a file.
package enum Files {
  /// Reads a regular file of at most `limit` bytes.
  ///
  /// - Throws: ``FileError`` when the file is missing, a folder, unreadable or larger.
  package static func read(_ path: String, limit: Int = 1 << 31) throws(FileError) -> [UInt8] {
    let file = try OpenFile(path)
    guard file.size <= limit else { throw .tooLarge(path: path, bytes: file.size, limit: limit) }
    return try file.read(file.size)
  }

  /// The non-empty lines of a small file, or none where the file cannot be read. Files in `/proc` work too, although
  /// the kernel reports no size for them.
  package static func lines(_ path: String) -> [String] {
    let descriptor = PathText.withCString(path) { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    while true {
      let part = [UInt8](unsafeUninitializedCapacity: 1 << 14) { buffer, count in
        count = Descriptor.read(UnsafeMutableRawBufferPointer(buffer), from: descriptor).count
      }
      bytes += part
      guard part.count == 1 << 14, bytes.count < 1 << 24 else { break }
    }
    return bytes.split(separator: UInt8(ascii: "\n")).map(PathText.text)
  }

  /// Replaces `path` by a file that `body` writes, or leaves `path` as it was.
  ///
  /// `body` writes a temporary file in the same folder. The file is then flushed to disk and renamed, and the folder is
  /// flushed, so that the new file survives a power cut.
  ///
  /// - Throws: ``FileError`` when a step fails; the temporary file is then removed.
  package static func writeAtomically(
    _ path: String, _ body: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws(FileError) {
    // A long name leaves no room for the suffix of the temporary file.
    let isLong = name(of: path).utf8.count > 200
    let folder = parent(of: path).map { $0 == "/" ? $0 : $0 + "/" } ?? ""
    let temporary = (isLong ? folder : path) + ".tmp-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    let descriptor = PathText.withCString(temporary) {
      open($0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    }
    guard descriptor >= 0 else { throw .cannotCreate(path: path, reason: reason(errno)) }
    func require(_ code: Int32) throws(FileError) {
      guard code == 0 else { throw .writeFailed(path: path, reason: reason(code)) }
    }
    var isOpen = true
    do {
      try body { bytes in try require(Descriptor.write(bytes, to: descriptor)) }
      try require(Descriptor.flush(descriptor))
      isOpen = false
      // A network file system may report only on close that the disk is full.
      try require(close(descriptor) == 0 ? 0 : errno)
      try require(move(temporary, to: path))
    } catch {
      if isOpen { close(descriptor) }
      _ = PathText.withCString(temporary) { unlink($0) }
      throw error as? FileError ?? .writeFailed(path: path, reason: error.localizedDescription)
    }
    flushFolder(parent(of: path) ?? ".")
  }

  /// Replaces `path` by `bytes`, atomically.
  package static func writeAtomically(_ path: String, _ bytes: [UInt8]) throws(FileError) {
    try writeAtomically(path) { write in try bytes.withUnsafeBytes { try write($0) } }
  }

  /// Whether a name in a folder is that of a file, or of the temporary file that a process left that was killed while it
  /// wrote that file, e.g. `results.json.tmp-47-9`.
  package static func isName(_ name: String, of file: String) -> Bool {
    let rest = name.dropFirst(file.count)
    return name.hasPrefix(file) && (rest.isEmpty || rest.hasPrefix(".tmp-") && !rest.dropFirst(5).contains("."))
  }

  /// Renames a file, or a folder to a name that nothing has. Both names must be in folders of one file system.
  ///
  /// - Throws: ``FileError/writeFailed(path:reason:)``.
  package static func rename(_ from: String, to path: String) throws(FileError) {
    let code = move(from, to: path)
    guard code == 0 else { throw .writeFailed(path: path, reason: reason(code)) }
    flushFolder(parent(of: path) ?? ".")
  }

  /// - Returns: 0, or the error number.
  private static func move(_ from: String, to path: String) -> Int32 {
    PathText.withCString(from) { from in PathText.withCString(path) { Foundation.rename(from, $0) } } == 0 ? 0 : errno
  }

  /// Gives a file a second name, which keeps its content when the first name is replaced. Where the file system has no
  /// such links, the file is copied.
  ///
  /// - Throws: ``FileError``, also where something has the second name already.
  package static func link(_ from: String, to path: String) throws(FileError) {
    let code = PathText.withCString(from) { from in PathText.withCString(path) { Foundation.link(from, $0) } }
    guard code != 0 else { return }
    guard [EPERM, ENOTSUP, ENOSYS, EXDEV, EMLINK].contains(errno) else {
      throw .writeFailed(path: path, reason: reason(errno))
    }
    let file = try OpenFile(from)
    try writeAtomically(path) { write in
      while true {
        let part = try file.read(1 << 20)
        try part.withUnsafeBytes { try write($0) }
        if part.count < 1 << 20 { break }
      }
    }
  }

  /// Flushes a folder. A failure is ignored, since the renamed file is in its place either way.
  package static func flushFolder(_ path: String) {
    let folder = PathText.withCString(path) { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard folder >= 0 else { return }
    _ = Descriptor.flush(folder)
    close(folder)
  }

  /// The operating system's message for a Foundation error, or Foundation's own where the error has no error number.
  package static func reason(of error: any Error) -> String {
    let error = error as NSError
    if let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError, cause.domain == NSPOSIXErrorDomain {
      return reason(Int32(cause.code))
    }
    return error.localizedDescription
  }

  /// The operating system's message for an error number.
  package static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
