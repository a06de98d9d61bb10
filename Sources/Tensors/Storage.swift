import Foundation
import Support

/// 64-byte aligned memory of a tensor; returns to the ``BufferPool`` when the last tensor using it goes.
package final class Storage {
  package let base: UnsafeMutableRawPointer
  package let byteCount: Int
  /// Writing would end the process: the memory is a file that is mapped for reading.
  package let isReadOnly: Bool
  private let release: Release
  private let tally: MemoryTally?

  private enum Release {
    case toPool(capacity: Int)
    /// Counted only: a dry run's.
    case nowhere
    /// Memory owned by something else, such as a memory-mapped checkpoint, kept alive here.
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

  /// Memory owned by `owner`; no tally counts it.
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
  /// That is for memory of which every page will be read and written. Without it, each page would fault twice, once when it
  /// is read and once when it is written, and the second fault interrupts the other processors. Those faults take ten times
  /// as long as this call.
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

/// Anonymous zero pages.
private final class LazyMemory {
  let base: UnsafeMutableRawPointer
  private let byteCount: Int

  init(byteCount: Int) {
    self.byteCount = byteCount
    let pages = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let pages, pages != MAP_FAILED else { preconditionFailure("out of memory: \(byteCount) bytes") }
    base = pages
  }

  /// Kernels before 5.14 refuse, and pages then come one by one.
  func commit() {
    madvise(base, byteCount, MADV_HUGEPAGE)
    madvise(base, byteCount, MADV_POPULATE_WRITE)
  }

  deinit { munmap(base, byteCount) }
}
