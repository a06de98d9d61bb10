import Foundation
import Support
import Synchronization

/// Counts the bytes that tensors would hold during a ``DryRun``.
public enum MemoryTally {
  private static let live = Atomic<Int>(0)
  private static let peak = Atomic<Int>(0)

  /// Bytes that tensors hold now, and the most since ``restart()``.
  public static var usage: (live: Int, peak: Int) {
    (live.load(ordering: .relaxed), peak.load(ordering: .relaxed))
  }

  /// Takes what is held now as the peak so far.
  public static func restart() { peak.store(live.load(ordering: .relaxed), ordering: .relaxed) }

  static func add(_ bytes: Int) {
    let now = live.add(bytes, ordering: .relaxed).newValue
    if now > peak.load(ordering: .relaxed) { peak.store(now, ordering: .relaxed) }
  }

  static func remove(_ bytes: Int) { live.subtract(bytes, ordering: .relaxed) }

  /// Addresses that every tensor of a dry run shares: reserved, and committed only where something is written after all.
  static var phantom: UnsafeMutableRawPointer { region.pointer }

  private struct Region: @unchecked Sendable { let pointer: UnsafeMutableRawPointer }
  private static let region: Region = {
    // A limit on address space may forbid the most; the least still exceeds what any single tensor of a plan writes.
    for shift in stride(from: 44, through: 32, by: -2) {
      let pages = mmap(
        nil, 1 << shift, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
      if let pages, pages != MAP_FAILED { return Region(pointer: pages) }
    }
    preconditionFailure("no address space for a dry run")
  }()
}
