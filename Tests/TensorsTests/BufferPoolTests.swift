import Support
import Tensors
import Testing

@Suite struct BufferPoolTests {
  @Test func sizeClasses() {
    for bytes in [1, 64, 65, 1_000, 4_096, 70_001, 1 << 20, (1 << 20) + 1, 50 << 20, (64 << 20) + 1, 5 << 30] {
      let size = BufferPool.sizeClass(bytes)
      #expect(size >= bytes && size % 64 == 0 && BufferPool.sizeClass(size) == size)
      #expect(size - bytes < max(64, bytes / 16 + 64))
    }
  }

  /// Batches of changing size leave little behind: other tests share the pool, so the bound is the pool's own.
  @Test func holdsNearWhatIsUsed() {
    var mostLive = 0
    for round in 0..<60 {
      let tokens = 200 + round * 37 % 300
      let activations = (0..<40).map { Tensor(uninitialized: [tokens, $0 % 3 == 0 ? 1_536 : 384]) }
      let usage = BufferPool.usage
      mostLive = max(mostLive, usage.live)
      // In use counts what was asked for, held what was given: up to four times as much.
      #expect(usage.held <= max(BufferPool.bound(peak: usage.peak), 4 * usage.live))
      withExtendedLifetime(activations) {}
    }
    let after = BufferPool.usage
    #expect(after.held <= max(BufferPool.bound(peak: after.peak), 4 * mostLive) && after.live <= after.peak)
  }

  @Test func writesStayInTheirOwnBuffer() {
    var kept: [Tensor] = []
    for round in 0..<200 {
      let tensor = Tensor(uninitialized: [1 + round * 997 % 50_000])
      tensor.fill(Float(round))
      if round % 3 == 0 { kept.append(tensor) }
      if round % 7 == 0, kept.count > 4 { kept.removeFirst(2) }
      for other in kept { #expect(other.pointer[0] == other.pointer[other.count - 1]) }
    }
  }

  /// Threads that take and give back buffers of one size never have the same one. Under the thread sanitizer this also
  /// shows that a buffer's last user is done with it before the next one starts.
  @Test func threadsHaveTheirOwnBuffers() {
    let before = ThreadPool.shared.threads
    ThreadPool.shared.configure(threads: 4)
    defer { ThreadPool.shared.configure(threads: before) }
    let clashes = Tensor(zeros: [16])
    ThreadPool.shared.parallel(clashes.count) { part in
      for round in 0..<2_000 {
        let tensor = Tensor(uninitialized: [48])
        tensor.fill(Float(part * 2_000 + round))
        if tensor.values.contains(where: { $0 != Float(part * 2_000 + round) }) { clashes.pointer[part] += 1 }
      }
    }
    #expect(clashes.values == Array(repeating: 0, count: clashes.count))
  }
}
