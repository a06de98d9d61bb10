import Foundation
import Synchronization

/// Free buffers by size, so that a training step reuses the memory of the one before.
package enum BufferPool {
  private struct Address: @unchecked Sendable { let pointer: UnsafeMutableRawPointer }
  private struct State: Sendable {
    var free: [Int: [Address]] = [:]
    var freeBytes = 0
    var liveBytes = 0
    var peakBytes = 0
  }
  private static let state = Mutex(State())
  /// Larger buffers go straight back to the system: they are parameters and states, not step temporaries.
  private static let largestKept = 64 << 20

  /// Bytes held by tensors now, and the most since start.
  package static var usage: (live: Int, peak: Int) { state.withLock { ($0.liveBytes, $0.peakBytes) } }

  /// Rounds up so that steps of slightly different token counts share buffers: eight classes an octave.
  package static func sizeClass(_ byteCount: Int) -> Int {
    let bytes = max(64, byteCount)
    let octave = Int.bitWidth - 1 - bytes.leadingZeroBitCount
    let step = max(64, 1 << max(0, octave - 3))
    let rounded = (bytes + step - 1) / step * step
    return bytes > largestKept ? (bytes + 63) / 64 * 64 : rounded
  }

  package static func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let reused: Address? = state.withLock { state in
      state.liveBytes += byteCount
      state.peakBytes = max(state.peakBytes, state.liveBytes)
      guard let buffer = state.free[byteCount]?.popLast() else { return nil }
      state.freeBytes -= byteCount
      return buffer
    }
    if let reused { return reused.pointer }
    var pointer: UnsafeMutableRawPointer?
    guard posix_memalign(&pointer, 64, byteCount) == 0, let pointer else {
      // The plan before a run refuses what cannot fit; here nothing sensible can go on.
      preconditionFailure("out of memory: \(byteCount) bytes")
    }
    return pointer
  }

  package static func give(_ pointer: UnsafeMutableRawPointer, _ byteCount: Int) {
    let address = Address(pointer: pointer)
    let kept = state.withLock { state in
      state.liveBytes -= byteCount
      guard byteCount <= largestKept, state.freeBytes + byteCount <= 1 << 30 else { return false }
      state.free[byteCount, default: []].append(address)
      state.freeBytes += byteCount
      return true
    }
    if !kept { free(pointer) }
  }

  /// Returns every free buffer to the system, e.g. between training and evaluation of another size.
  package static func trim() {
    let buffers = state.withLock { state in
      defer { state.free = [:]; state.freeBytes = 0 }
      return state.free.values.flatMap { $0 }
    }
    for buffer in buffers { free(buffer.pointer) }
  }
}
