import Foundation
import Synchronization

/// A pool of N−1 worker threads that, with the caller, share the iterations of one parallel region at a time.
///
/// Work is cut into fixed parts by index, so results do not depend on which thread runs a part. A region started inside
/// another region, or while another thread uses the pool, runs sequentially on its caller.
package final class ThreadPool: Sendable {
  /// The pool that every operation uses; ``configure(threads:)`` sets its size at program start.
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
  private let region = Locked(Region())
  private let wake = NSCondition()
  /// Whether the user has been notified that the system refuses threads.
  private let wasDenied = Atomic<Bool>(false)

  private init() {}

  /// Threads that share a region, the caller included.
  package var threads: Int { size.load(ordering: .relaxed) }

  /// Whether a region is running. Inside one it is, and a region started there has one thread.
  package var isBusy: Bool { busy.load(ordering: .relaxed) }

  /// Processors this process may run on.
  package static let availableProcessors = Processors.allowed()

  /// Sets how many threads share a region. Workers are never stopped; workers beyond the size sleep.
  ///
  /// Where the system refuses a worker, the other threads do its share. The work is cut as if all threads ran, so the
  /// results are the same.
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

  /// Runs `body(part)` for every part in `0..<parts`, and returns when all parts are done.
  ///
  /// Threads run `body` concurrently, and the compiler does not check its captures. Callers must keep three rules. No
  /// part writes memory that another part reads or writes. Shared state that changes is an `Atomic` or a `Flag`. No
  /// other thread uses the captures meanwhile. A sum over parts stores one partial sum for each part and adds them in
  /// order afterwards, so that the result does not depend on thread timing.
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
          // The counter is reset before the body is visible, since a worker waking late from an earlier region may
          // start at once.
          nextPart.store(0, ordering: .relaxed)
          region.body = shared
          region.parts = parts
        }
        wake.lock()
        generation.add(1, ordering: .sequentiallyConsistent)
        wake.broadcast()
        wake.unlock()
        runParts(of: shared, parts)
        // After this no worker can enter the region; then wait for the workers still inside.
        region.withLock { $0.body = nil }
        while running.load(ordering: .acquiring) != 0 { pause() }
      }
    }
    busy.store(false, ordering: .releasing)
  }

  /// Cuts `0..<count` into at most one range for each thread and runs the ranges in parallel. Each range is at least
  /// `grain` long, unless `count` itself is shorter.
  ///
  /// The cut depends only on `count`, `grain` and the thread count.
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

  /// Runs parts until none is left. Inlining is off so that everything retained from the body is released before this
  /// returns, and so before the caller, whose frame owns the body, continues.
  @inline(never)
  private func runParts(of body: RegionBody, _ parts: Int) {
    Profiler.task(nil) {
      while true {
        let part = nextPart.add(1, ordering: .relaxed).oldValue
        guard part < parts else { return }
        body.pointer.pointee(part)
      }
    }
  }

  /// Spins for some microseconds, since the next region often follows at once, and then sleeps.
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
    // A relaxed load is the cheapest operation that the compiler does not remove from a spin loop.
    _ = generation.load(ordering: .relaxed)
  }
}

/// Carries a region's body to the workers. Sharing it is safe, since parts are disjoint and the caller waits for all of
/// them.
private struct RegionBody: @unchecked Sendable {
  let pointer: UnsafePointer<(Int) -> Void>
}
