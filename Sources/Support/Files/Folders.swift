import Foundation

/// Queries on paths, and operations on folders.
extension Files {
  /// The kind of thing at a path.
  package enum Kind: Sendable, Equatable {
    case file
    case folder
    /// A pipe, device or socket.
    case other
    /// Something may be there, but the system hides it for a reason such as missing permission or a loop of links.
    case hidden(reason: String)
  }

  /// The kind of what is at a path after following links; `nil` where nothing is there.
  package static func kind(_ path: String) -> Kind? {
    var status = stat()
    guard PathText.withCString(path, { stat($0, &status) }) == 0 else {
      return errno == ENOENT || errno == ENOTDIR ? nil : .hidden(reason: reason(errno))
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: return .folder
    case S_IFREG: return .file
    default: return .other
    }
  }

  /// Whether anything is at the path. What the system hides counts, so that a later read reports why it fails.
  package static func exists(_ path: String) -> Bool { kind(path) != nil }

  /// Whether the path leads to a folder, links followed.
  package static func isFolder(_ path: String) -> Bool { kind(path) == .folder }

  /// The names in a folder, sorted by bytes, without `.` and `..`.
  ///
  /// - Throws: ``FileError``, with the system's own reason.
  package static func entries(_ path: String) throws(FileError) -> [String] {
    guard let stream = PathText.withCString(path, opendir) else {
      throw errno == ENOENT ? .missing(path: path) : .unreadable(path: path, reason: reason(errno))
    }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
    }
    guard errno == 0 else { throw .unreadable(path: path, reason: reason(errno)) }
    return names.sorted { $0.lexicographicallyPrecedes($1) }.map(PathText.text)
  }

  /// Makes a folder and its missing parents; an existing folder is no error.
  ///
  /// - Throws: ``FileError/cannotCreate(path:reason:)``.
  package static func makeFolders(_ path: String) throws(FileError) {
    if try makeNewFolder(path) || isFolder(path) { return }
    throw .cannotCreate(path: path, reason: "a file of that name exists")
  }

  /// Checks that a file could be created at a path: that its folder is there and can be written to.
  ///
  /// - Throws: ``FileError/cannotCreate(path:reason:)``.
  package static func checkFolder(of path: String) throws(FileError) {
    let folder = parent(of: path) ?? "."
    guard isFolder(folder) else {
      throw .cannotCreate(path: path, reason: "there is no folder \(folder); make it first, or choose another name")
    }
    guard PathText.withCString(folder, { access($0, W_OK | X_OK) }) == 0 else {
      throw .cannotCreate(path: path, reason: "the folder \(folder) cannot be written to: \(reason(errno))")
    }
  }

  /// Makes a folder that did not exist, and its missing parents.
  ///
  /// - Returns: false when something of that name exists.
  /// - Throws: ``FileError/cannotCreate(path:reason:)``.
  package static func makeNewFolder(_ path: String) throws(FileError) -> Bool {
    let (code, failed) = make(path)
    switch code {
    case 0: return true
    case EEXIST where failed == path: return false
    default:
      throw .cannotCreate(path: path, reason: failed == path ? reason(code) : "\(failed): \(reason(code))")
    }
  }

  /// The folder that a path means to a command that takes folders: of the path of a file of this name, the folder it is in.
  package static func folder(named path: String, orOf file: String) -> String {
    name(of: path) == file && kind(path) == .file ? parent(of: path) ?? "." : path
  }

  /// Makes a folder and its missing parents.
  ///
  /// - Returns: 0 or the error number, and the folder, `path` or a parent, that the number is about.
  private static func make(_ path: String) -> (code: Int32, path: String) {
    func make() -> Int32 { PathText.withCString(path) { mkdir($0, 0o777) } == 0 ? 0 : errno }
    let code = make()
    guard code == ENOENT, let parent = parent(of: path) else { return (code, path) }
    let above = Files.make(parent)
    guard above.code == 0 || (above.code == EEXIST && isFolder(parent)) else { return above }
    return (make(), path)
  }

  /// Removes a file, or a folder with its contents. Links are removed, not followed; a missing path is no error.
  ///
  /// - Throws: ``FileError/cannotRemove(path:reason:)``.
  package static func remove(_ path: String) throws(FileError) {
    var status = stat()
    guard PathText.withCString(path, { lstat($0, &status) }) == 0 else {
      if errno == ENOENT { return }
      throw .cannotRemove(path: path, reason: reason(errno))
    }
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    if isFolder {
      let names: [String]
      do throws(FileError) { names = try entries(path) } catch {
        throw .cannotRemove(path: path, reason: error.message)
      }
      for name in names { try remove(path + "/" + name) }
    }
    guard PathText.withCString(path, { isFolder ? rmdir($0) : unlink($0) }) == 0 || errno == ENOENT else {
      throw .cannotRemove(path: path, reason: reason(errno))
    }
  }

  /// Whether two paths lead to the same file or folder.
  package static func isSame(_ left: String, _ right: String) -> Bool {
    var (a, b) = (stat(), stat())
    guard PathText.withCString(left, { stat($0, &a) }) == 0, PathText.withCString(right, { stat($0, &b) }) == 0 else {
      return false
    }
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino
  }

  /// The absolute path without links, or `path` unchanged where nothing is there.
  package static func resolved(_ path: String) -> String {
    guard let found = PathText.withCString(path, { realpath($0, nil) }) else { return path }
    defer { free(found) }
    return PathText.text(UnsafeRawBufferPointer(start: found, count: strlen(found)))
  }

  /// Whether `path` is `folder` or inside it, links followed.
  package static func holds(_ folder: String, _ path: String) -> Bool {
    let (outer, inner) = (PathText.bytes(resolved(folder)), PathText.bytes(resolved(path)))
    let slash = UInt8(ascii: "/")
    return inner.starts(with: outer)
      && (inner.count == outer.count || outer.last == slash || inner[outer.count] == slash)
  }

  /// The parent of a path, e.g. `a` for `a/b`; `nil` for the root and for a relative path of one name.
  package static func parent(of path: String) -> String? {
    let slash = UInt8(ascii: "/")
    var bytes = PathText.bytes(path)[...]
    while bytes.count > 1, bytes.last == slash { bytes = bytes.dropLast() }
    guard let last = bytes.lastIndex(of: slash), bytes.count > 1 else { return nil }
    bytes = bytes[..<last]
    while bytes.count > 1, bytes.last == slash { bytes = bytes.dropLast() }
    return bytes.isEmpty ? "/" : PathText.text(bytes)
  }

  /// The last name of a path, e.g. `b` for `a/b`.
  package static func name(of path: String) -> String {
    PathText.text(PathText.bytes(path).split(separator: UInt8(ascii: "/")).last ?? [])
  }

  /// The current folder, or `.` where someone has removed that folder.
  package static var currentFolder: String {
    guard let found = getcwd(nil, 0) else { return "." }
    defer { free(found) }
    return PathText.text(UnsafeRawBufferPointer(start: found, count: strlen(found)))
  }

  /// The target written in a symbolic link; `nil` for anything else.
  static func linkTarget(_ path: String) -> String? {
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
      count = buffer.withMemoryRebound(to: CChar.self) { buffer in
        guard let base = buffer.baseAddress else { return 0 }
        return max(0, PathText.withCString(path) { readlink($0, base, buffer.count) })
      }
    }
    return bytes.isEmpty ? nil : PathText.text(bytes)
  }
}
