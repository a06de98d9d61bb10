import Foundation
import Support

/// A file mapped privately into memory: read on demand, never written back.
package final class MappedFile {
  package let path: String
  package let bytes: UnsafeRawBufferPointer

  /// - Throws: ``FileError`` when the file is missing, not regular or cannot be mapped.
  package init(path: String) throws(FileError) {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw errno == ENOENT || errno == ENOTDIR
        ? .missing(path: path) : .unreadable(path: path, reason: Files.reason(errno))
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(path: path, reason: Files.reason(errno)) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .isDirectory(path: path) }
    let size = Int(status.st_size)
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let memory = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let memory, memory != MAP_FAILED else { throw .unreadable(path: path, reason: Files.reason(errno)) }
    bytes = UnsafeRawBufferPointer(start: memory, count: size)
  }

  deinit {
    if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
  }
}
