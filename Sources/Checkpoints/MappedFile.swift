import Foundation
import Support

/// A file mapped privately into memory: its pages are read on demand and never written back.
package final class MappedFile {
  package let path: String
  package let bytes: UnsafeRawBufferPointer

  /// - Throws: ``FileError`` when the file is missing, not regular or cannot be mapped.
  package init(path: String) throws(FileError) {
    self.path = path
    let file = try OpenFile(path)
    let size = file.size
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let memory = mmap(nil, size, PROT_READ, MAP_PRIVATE, file.descriptor, 0)
    guard let memory, memory != MAP_FAILED else { throw .unreadable(path: path, reason: Files.reason(errno)) }
    bytes = UnsafeRawBufferPointer(start: memory, count: size)
  }

  /// Releases the memory of pages in `range`, a byte range of the file, that will not be read again. A later read would
  /// load them from the file again.
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
