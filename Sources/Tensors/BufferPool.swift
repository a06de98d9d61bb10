import Foundation
import Support

/// Free buffers by size, so that a training step reuses the memory of the one before.
///
/// The memory of the pool, in use and free, stays near the most that was ever in use. A request is served in this
/// order:
/// 1. by a free buffer that is at most a quarter too large;
/// 2. by a new buffer, where that keeps the total within ``bound(peak:)``;
/// 3. by a free buffer that is up to four times too large, where what the buffers in use have too much keeps within the
///    bound;
/// 4. by a new buffer, after free ones have been given back.
package enum BufferPool {
  /// Sendable, because a buffer that was taken under the lock has one user.
  private struct Buffer: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
    let capacity: Int
  }

  private struct State: Sendable {
    /// Free buffers by size class, in ascending order of capacity.
    var free: [[Buffer]] = Array(repeating: [], count: 16 * 28)
    var (live, peak, held) = (0, 0, 0)
    /// What the buffers in use are larger than what they were asked for. Without a limit, narrow tensors would take the
    /// buffers of wide ones, e.g. keys those of queries that are three times as wide, and these then need new ones.
    var excess = 0

    /// A free buffer of the classes, unless the excess would take the buffers in use beyond `bound`.
    mutating func pop(_ classes: Range<Int>, for size: Int, within bound: Int) -> Buffer? {
      for index in classes {
        guard let capacity = free[index].last?.capacity else { continue }
        return live + excess + capacity - size <= bound ? free[index].popLast() : nil
      }
      return nil
    }

    mutating func pop(_ classes: some Sequence<Int>) -> Buffer? {
      for index in classes where !free[index].isEmpty { return free[index].popLast() }
      return nil
    }
  }

  private static let state = Locked(State())
  /// Larger buffers go straight back to the system, because they are parameters and states and no step temporaries.
  private static let largestKept = 64 << 20
  /// Smaller buffers come from the heap. They are too small to matter for the bound, which is not checked for them.
  private static let smallestMapped = 1 << 16

  /// Three byte counts: `live` is what tensors asked for and still have, `peak` is the most that `live` has been, and
  /// `held` is all memory of the pool, in use and free.
  package static var usage: (live: Int, peak: Int, held: Int) { state.withLock { ($0.live, $0.peak, $0.held) } }

  /// The most bytes that the pool may hold when the most that was in use is `peak`.
  package static func bound(peak: Int) -> Int { peak + min(peak / 16, 256 << 20) + (2 << 20) }

  /// Rounds a byte count up to a size class, so that steps of slightly different token counts share buffers.
  ///
  /// An octave has at most sixteen classes, e.g. 1,024 KiB and, next to it, 1,088 KiB. Above 64 MiB, sizes are rounded
  /// to 4 KiB instead.
  package static func sizeClass(_ byteCount: Int) -> Int {
    let bytes = max(64, byteCount)
    let octave = Int.bitWidth - 1 - bytes.leadingZeroBitCount
    let step = bytes > largestKept ? 4_096 : max(64, 1 << max(0, octave - 4))
    return (bytes + step - 1) / step * step
  }

  /// The index of a size class in `State.free`.
  private static func index(_ size: Int) -> Int {
    let octave = Int.bitWidth - 1 - size.leadingZeroBitCount
    return octave * 16 + (size >> (octave - 4) & 15)
  }

  /// - Parameter size: a size class, in bytes.
  /// - Returns: uninitialized memory of at least that size, and its size in bytes.
  package static func take(_ size: Int) -> (pointer: UnsafeMutableRawPointer, capacity: Int) {
    let (reused, spared) = state.withLock { state -> (Buffer?, [Buffer]) in
      state.live += size
      state.peak = max(state.peak, state.live)
      let isKept = size <= largestKept
      let own = isKept ? index(size) : state.free.count
      if isKept, let buffer = state.pop(own...own + 4) {
        state.excess += buffer.capacity - size
        return (buffer, [])
      }
      let bound = bound(peak: state.peak)
      var spared: [Buffer] = []
      if size >= smallestMapped, state.held + size > bound {
        if isKept, let buffer = state.pop(own + 5..<min(own + 33, state.free.count), for: size, within: bound) {
          state.excess += buffer.capacity - size
          return (buffer, [])
        }
        // The free buffers just below this size go first: in a smaller batch, they served the same tensor.
        let smallest = index(smallestMapped)
        while state.held + size > bound,
          let buffer = state.pop((smallest..<own).reversed())
            ?? state.pop(min(own, state.free.count)..<state.free.count)
        {
          state.held -= buffer.capacity
          spared.append(buffer)
        }
      }
      state.held += size
      return (nil, spared)
    }
    for buffer in spared { release(buffer) }
    return reused.map { ($0.pointer, $0.capacity) } ?? (allocate(size), size)
  }

  /// - Parameters:
  ///   - capacity: the capacity that ``take(_:)`` returned.
  ///   - size: the size that ``take(_:)`` was asked for.
  package static func give(_ pointer: UnsafeMutableRawPointer, capacity: Int, size: Int) {
    let buffer = Buffer(pointer: pointer, capacity: capacity)
    let isKept = state.withLock { state in
      state.live -= size
      state.excess -= capacity - size
      if capacity <= largestKept { state.free[index(capacity)].append(buffer) } else { state.held -= capacity }
      return capacity <= largestKept
    }
    if !isKept { release(buffer) }
  }

  /// Returns every free buffer to the system, e.g. between training and evaluation of another size.
  package static func trim() {
    let buffers = state.withLock { state in
      let buffers = state.free.flatMap { $0 }
      for index in state.free.indices { state.free[index] = [] }
      state.held -= buffers.reduce(0) { $0 + $1.capacity }
      return buffers
    }
    for buffer in buffers { release(buffer) }
  }

  /// Maps large buffers as pages of their own, because the heap would keep and split them after their release.
  private static func allocate(_ size: Int) -> UnsafeMutableRawPointer {
    if size >= smallestMapped {
      let pages = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      if let pages, pages != MAP_FAILED { return pages }
    } else {
      var pointer: UnsafeMutableRawPointer?
      if posix_memalign(&pointer, 64, size) == 0, let pointer { return pointer }
    }
    // The memory plan before a run refuses a run that cannot fit. When memory runs out here, nothing sensible can go
    // on.
    preconditionFailure("out of memory: \(size) bytes")
  }

  private static func release(_ buffer: Buffer) {
    if buffer.capacity >= smallestMapped { munmap(buffer.pointer, buffer.capacity) } else { free(buffer.pointer) }
  }
}
