import Foundation
import Support

/// 64-byte aligned memory of a tensor; returns to the ``BufferPool`` when the last tensor using it goes.
package final class Storage {
  package let base: UnsafeMutableRawPointer
  package let byteCount: Int
  private let release: Release

  private enum Release {
    case toPool
    /// Counted only: a dry run's.
    case toTally
    /// Memory owned by something else, such as a memory-mapped checkpoint, kept alive here.
    case keeping(AnyObject)
  }

  /// Uninitialized memory for `byteCount` bytes.
  package init(byteCount: Int) {
    self.byteCount = BufferPool.sizeClass(byteCount)
    if DryRun.isOn {
      base = MemoryTally.phantom
      release = .toTally
      MemoryTally.add(self.byteCount)
    } else {
      base = BufferPool.take(self.byteCount)
      release = .toPool
    }
  }

  /// Memory owned by `owner`.
  package init(borrowing base: UnsafeMutableRawPointer, byteCount: Int, owner: AnyObject) {
    self.base = base
    self.byteCount = byteCount
    release = .keeping(owner)
  }

  deinit {
    switch release {
    case .toPool: BufferPool.give(base, byteCount)
    case .toTally: MemoryTally.remove(byteCount)
    case .keeping: break
    }
  }
}
