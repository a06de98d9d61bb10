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

  /// Gives back the memory of pages that were read and will not be again; they would come from the file once more.
  package func forget(_ range: Range<Int>) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let (first, end) = ((range.lowerBound + page - 1) / page * page, range.upperBound / page * page)
    guard first < end, let base = bytes.baseAddress else { return }
    madvise(UnsafeMutableRawPointer(mutating: base + first), end - first, MADV_DONTNEED)
  }

  deinit {
    if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
  }
}
