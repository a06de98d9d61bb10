import Foundation
import Support

/// The memory of a tensor. Memory from the ``BufferPool`` is 64-byte aligned and goes back to the pool after its last
/// use.
package final class Storage {
  package let base: UnsafeMutableRawPointer
  package let byteCount: Int
  /// Whether the memory is a file that is mapped for reading. Writing to such memory would end the process.
  package let isReadOnly: Bool
  private let release: Release
  private let tally: MemoryTally?

  private enum Release {
    case toPool(capacity: Int)
    /// The shared memory of a dry run, which is only counted.
    case nowhere
    /// Memory owned by another object, such as a memory-mapped checkpoint, which this reference keeps alive.
    case keeping(AnyObject)
  }

  /// Uninitialized memory for `byteCount` bytes.
  package init(byteCount: Int) {
    self.byteCount = BufferPool.sizeClass(byteCount)
    isReadOnly = false
    tally = MemoryTally.current
    tally?.add(self.byteCount)
    if DryRun.isOn, let tally {
      (base, release) = (tally.phantom, .nowhere)
    } else {
      let (pointer, capacity) = BufferPool.take(self.byteCount)
      (base, release) = (pointer, .toPool(capacity: capacity))
    }
  }

  /// Memory that `owner` owns. No ``MemoryTally`` counts it.
  package init(borrowing base: UnsafeMutableRawPointer, byteCount: Int, owner: AnyObject, isReadOnly: Bool = false) {
    self.base = base
    self.byteCount = byteCount
    self.isReadOnly = isReadOnly
    release = .keeping(owner)
    tally = nil
  }

  /// Zeros that take no memory until they are written.
  package static func lazyZeros(byteCount: Int) -> Storage {
    if DryRun.isOn, let tally = MemoryTally.current {
      return Storage(borrowing: tally.phantom, byteCount: max(64, byteCount), owner: tally)
    }
    let owner = LazyMemory(byteCount: max(64, byteCount))
    return Storage(borrowing: owner.base, byteCount: max(64, byteCount), owner: owner)
  }

  /// Prefaults memory of ``lazyZeros(byteCount:)`` in one call.
  ///
  /// That is for memory of which every page will be read and written. Without it, each page would fault twice, once
  /// when it is read and once when it is written, and the second fault interrupts the other processors. Those faults
  /// take ten times as long as this call.
  package func commit() {
    guard case .keeping(let owner) = release, let memory = owner as? LazyMemory else { return }
    memory.commit()
  }

  deinit {
    switch release {
    case .toPool(let capacity): BufferPool.give(base, capacity: capacity, size: byteCount)
    case .nowhere, .keeping: break
    }
    tally?.remove(byteCount)
  }
}

/// Anonymous pages, which read as zeros and take no memory until they are written.
private final class LazyMemory {
  let base: UnsafeMutableRawPointer
  private let byteCount: Int

  init(byteCount: Int) {
    self.byteCount = byteCount
    let pages = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let pages, pages != MAP_FAILED else { preconditionFailure("out of memory: \(byteCount) bytes") }
    base = pages
  }

  /// Prefaults all pages. Linux before 5.14 refuses the second call; each page then faults when it is first used.
  func commit() {
    madvise(base, byteCount, MADV_HUGEPAGE)
    madvise(base, byteCount, MADV_POPULATE_WRITE)
  }

  deinit { munmap(base, byteCount) }
}
