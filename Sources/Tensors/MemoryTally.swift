import Foundation
import Support
import Synchronization

/// Counts the bytes that tensors made on this thread hold, in a dry run or a real one.
package final class MemoryTally: Sendable {
  @TaskLocal static var current: MemoryTally?

  /// Sendable, because a dry run has one thread: its parallel regions do nothing.
  private struct Region: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
    let byteCount: Int
  }
  private let region: Region?
  private let liveBytes = Atomic<Int>(0)
  private let peakBytes = Atomic<Int>(0)

  /// Bytes that tensors hold now.
  package var live: Int { liveBytes.load(ordering: .relaxed) }
  /// The most that ``live`` has been since the start or the last ``restart()``.
  package var peak: Int { peakBytes.load(ordering: .relaxed) }

  /// Sets ``peak`` to what is held now.
  package func restart() { peakBytes.store(live, ordering: .relaxed) }

  /// Runs `body` without computing, so that a pass of a model of any size finds the memory it would need in
  /// milliseconds.
  ///
  /// Parallel regions and matrix products do nothing, and tensors take no memory of their own.
  package static func dryRun<Result>(_ body: (MemoryTally) throws -> Result) rethrows -> Result {
    let tally = MemoryTally(region: reserve())
    return try DryRun.perform { try $current.withValue(tally) { try body(tally) } }
  }

  /// Runs `body` as usual, and counts the memory of its tensors.
  package static func count<Result>(_ body: (MemoryTally) throws -> Result) rethrows -> Result {
    let tally = MemoryTally(region: nil)
    return try $current.withValue(tally) { try body(tally) }
  }

  private init(region: Region?) { self.region = region }

  deinit {
    if let region { munmap(region.pointer, region.byteCount) }
  }

  /// Memory that every tensor of a dry run shares. Its pages become resident only where code writes something small all
  /// the same.
  var phantom: UnsafeMutableRawPointer {
    guard let region else { preconditionFailure("not a dry run") }
    return region.pointer
  }

  func add(_ bytes: Int) {
    let now = liveBytes.add(bytes, ordering: .relaxed).newValue
    if now > peak { peakBytes.store(now, ordering: .relaxed) }
  }

  func remove(_ bytes: Int) { liveBytes.subtract(bytes, ordering: .relaxed) }

  /// In a dry run, counts in ``peak`` the scratch memory that the threads of a parallel region would hold while it
  /// runs.
  package static func addTransient(_ bytes: Int) {
    guard DryRun.isOn, let tally = current else { return }
    tally.add(bytes)
    tally.remove(bytes)
  }

  private static func reserve() -> Region {
    // A limit on the address space may forbid the largest size. Even the smallest exceeds what a dry run writes.
    for shift in [36, 32, 28, 24] {
      let pages = mmap(
        nil, 1 << shift, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
      if let pages, pages != MAP_FAILED { return Region(pointer: pages, byteCount: 1 << shift) }
    }
    preconditionFailure("no address space for a dry run")
  }
}
