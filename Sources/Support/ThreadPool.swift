import Foundation
import Synchronization

/// N−1 worker threads and the caller, sharing the iterations of one parallel region at a time.
///
/// Work is cut into fixed parts by index, so which thread runs a part never changes a result. A region started inside a
/// region, or while another thread holds the pool, runs inline on its caller.
package final class ThreadPool: Sendable {
  /// The pool every operation uses; ``configure(threads:)`` sets its size at start.
  package static let shared = ThreadPool()

  private struct Region {
    var body: RegionBody?
    var parts = 0
    var workers = 0
  }

  private let size = Atomic<Int>(1)
  private let busy = Atomic<Bool>(false)
  private let generation = Atomic<Int>(0)
  private let nextPart = Atomic<Int>(0)
  private let running = Atomic<Int>(0)
  private let region = Mutex(Region())
  private let wake = NSCondition()
  /// Whether the user knows that the system denies threads.
  private let wasDenied = Atomic<Bool>(false)

  private init() {}

  /// Threads that share a region, the caller included.
  package var threads: Int { size.load(ordering: .relaxed) }

  /// Processors this process may run on.
  package static let availableProcessors = Processors.allowed()

  /// Sets how many threads share a region. Workers once started stay; those beyond the size sleep.
  ///
  /// Where the system denies a worker, the others do its share: work is cut as for all of them, so results are the same.
  package func configure(threads: Int) {
    precondition(threads >= 1)
    size.store(threads, ordering: .relaxed)
    let missing = region.withLock { region in
      let missing = max(0, threads - 1 - region.workers)
      region.workers += missing
      return (region.workers - missing)..<region.workers
    }
    for index in missing {
      let code = WorkerThread.start(stackSize: 4 << 20) { [self] in work(index) }
      guard code != 0 else { continue }
      if !wasDenied.exchange(true, ordering: .relaxed) {
        Console.note(
          "note: only \(index + 1) of \(threads) threads can be started (\(Files.reason(code))); they do the work of all"
        )
      }
      region.withLock { $0.workers = index }
      break
    }
  }

  /// Runs `body(part)` for every part in `0..<parts`, and returns when all are done.
  ///
  /// Threads run `body` at the same time, and the compiler does not check what it captures. So callers must keep three rules:
  /// two parts never write the same memory, nor does one write what another reads; what is shared and changes is an `Atomic`
  /// or a `Flag`; and nothing captured is used by another thread meanwhile. A sum over parts has a place for each part, and
  /// is added up in order afterwards, so that it does not depend on who was first.
  package func parallel(_ parts: Int, _ body: (Int) -> Void) {
    guard parts > 0, !DryRun.isOn else { return }
    guard parts > 1, threads > 1,
      busy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
    else {
      for part in 0..<parts { body(part) }
      return
    }
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { pointer in
        let shared = RegionBody(pointer: pointer)
        region.withLock { region in
          // Before the body is visible: a worker still waking from an earlier region may enter this one at once.
          nextPart.store(0, ordering: .relaxed)
          region.body = shared
          region.parts = parts
        }
        wake.lock()
        generation.add(1, ordering: .sequentiallyConsistent)
        wake.broadcast()
        wake.unlock()
        runParts(of: shared, parts)
        // No worker may enter after this, and none may still be inside.
        region.withLock { $0.body = nil }
        while running.load(ordering: .acquiring) != 0 { pause() }
      }
    }
    busy.store(false, ordering: .releasing)
  }

  /// Cuts `0..<count` into at most one range a thread, each at least `grain` long, and runs them in parallel.
  ///
  /// The cut depends on `count`, `grain` and the thread count only.
  package func parallel(count: Int, grain: Int = 1, _ body: (Range<Int>) -> Void) {
    guard count > 0 else { return }
    let parts = max(1, min(threads, count / max(1, grain)))
    parallel(parts) { part in
      body(count * part / parts..<count * (part + 1) / parts)
    }
  }

  private func work(_ index: Int) {
    var seen = 0
    while true {
      seen = waitForRegion(after: seen)
      guard index < threads - 1 else { continue }
      let job: (body: RegionBody, parts: Int)? = region.withLock { region in
        guard let body = region.body else { return nil }
        running.add(1, ordering: .acquiring)
        return (body, region.parts)
      }
      guard let job else { continue }
      runParts(of: job.body, job.parts)
      running.subtract(1, ordering: .releasing)
    }
  }

  /// Takes parts until none is left. Not inlined: whatever it retains of the body is released before it returns, and so
  /// before the caller's frame, which owns the body, can go on.
  @inline(never)
  private func runParts(of body: RegionBody, _ parts: Int) {
    while true {
      let part = nextPart.add(1, ordering: .relaxed).oldValue
      guard part < parts else { return }
      body.pointer.pointee(part)
    }
  }

  /// Spins for some microseconds, since regions follow one another closely, then sleeps.
  private func waitForRegion(after seen: Int) -> Int {
    for _ in 0..<20_000 {
      let now = generation.load(ordering: .acquiring)
      if now != seen { return now }
      pause()
    }
    wake.lock()
    defer { wake.unlock() }
    while generation.load(ordering: .acquiring) == seen { wake.wait() }
    return generation.load(ordering: .acquiring)
  }

  @inline(__always)
  private func pause() {
    // A relaxed load is the cheapest thing the compiler will not remove from a spin loop.
    _ = generation.load(ordering: .relaxed)
  }
}

/// Carries a region's body to the workers. The body reads and writes disjoint parts, and the caller waits for all of them.
private struct RegionBody: @unchecked Sendable {
  let pointer: UnsafePointer<(Int) -> Void>
}
