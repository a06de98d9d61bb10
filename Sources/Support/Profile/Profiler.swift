import Foundation
import Synchronization

/// Records what the time of a process goes to, while it is on. While it is off, each place that it watches costs the
/// reading of one flag.
///
/// The thread that starts the profiler owns it. A *phase* is a stretch of the owner's time that a table of phases shows,
/// such as the forward pass of a step. A phase may contain others, whose time is not its own. An *operation* is a part
/// of a phase, such as a linear layer. Other threads have *tasks* only: what they did, and when.
package final class Profiler: Sendable {
  package static let shared = Profiler()

  /// What an event is.
  package enum Kind: Sendable {
    case phase
    case operation
    /// Work on one thread, in parallel with other threads' work.
    case task
  }

  /// Something that took time on a thread. Times are nanoseconds since the start of the profile.
  package struct Event: Sendable {
    package let kind: Kind
    package let name: String
    /// What it was done with, e.g. a parameter's name.
    package let detail: String?
    /// 0 for the owner of the profile, and numbers from 1 for other threads.
    package let thread: Int
    package let start: Int
    package let duration: Int
    /// Floating-point operations of the matrix products that all threads computed meanwhile.
    package let flop: Int

    package var end: Int { start + duration }
  }

  /// The sum over all occurrences of a phase or an operation.
  package struct Total: Sendable, Equatable {
    package var nanoseconds = 0
    package var count = 0
    package var flop = 0
  }

  /// A phase or an operation that has begun.
  private struct Open: Sendable {
    let kind: Kind
    let name: String
    let detail: String?
    let start: Int
    let flop: Int
    /// What phases inside a phase took, or operations inside this phase or operation.
    var innerPhases = Total()
    var innerOperations = Total()
  }

  private struct Operation: Hashable, Sendable {
    let phase: String
    let name: String
  }

  private struct State: Sendable {
    var keepsEvents = false
    var origin: UInt64 = 0
    var owner: pthread_t?
    var threads: [pthread_t: Int] = [:]
    var open: [Open] = []
    /// Where the next operation that has only an end began.
    var mark = (time: 0, flop: 0)
    var events: [Event] = []
    var phaseEvents = 0
    var detailEvents: [String: Int] = [:]
    var isCut = false
    var phases: [(name: String, total: Total)] = []
    var operations: [Operation: Total] = [:]
  }

  /// The most events that are kept of all phases together, and of what happens inside the phases of one name.
  private static let limits = (phases: 100_000, details: 20_000)

  private static let flag = Atomic<Bool>(false)
  private static let flop = Atomic<Int>(0)
  private let state = Locked(State())

  private init() {}

  /// Whether a profile is being recorded.
  package static var isOn: Bool { flag.load(ordering: .relaxed) }

  /// Counts the floating-point operations of a matrix product.
  package static func count(flop count: @autoclosure () -> Int) {
    if isOn { flop.add(count(), ordering: .relaxed) }
  }

  /// Starts a profile, which the calling thread owns. A profile that was not finished is dropped.
  ///
  /// - Parameter keepsEvents: false where only the sums are wanted.
  package func start(keepsEvents: Bool = true) {
    state.withLock { state in
      state = State()
      (state.keepsEvents, state.owner, state.origin) = (keepsEvents, pthread_self(), Profiler.clock())
      Profiler.flop.store(0, ordering: .relaxed)
    }
    Profiler.flag.store(true, ordering: .sequentiallyConsistent)
  }

  /// Ends the profile.
  ///
  /// - Returns: what was recorded; `nil` where no profile had been started.
  package func finish() -> Profile? {
    guard Profiler.flag.exchange(false, ordering: .sequentiallyConsistent) else { return nil }
    return state.withLock { state in
      let end = Profiler.now(state)
      while let open = state.open.popLast() { Profiler.close(open, at: end, &state) }
      defer { state = State() }
      return Profile(
        nanoseconds: end, phases: state.phases.map { ($0.name, $0.total) },
        operations: state.operations.map { ($0.key.phase, $0.key.name, $0.value) }, events: state.events,
        isCut: state.isCut)
    }
  }

  /// Runs `body` as a phase.
  package static func phase<Result, Failure: Error>(
    _ name: String, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard isOn else { return try body() }
    let isOpen = shared.begin(.phase, name, nil)
    defer { if isOpen { shared.end() } }
    return try body()
  }

  /// Runs `body` as an operation. On another thread than the owner's, and in a dry run, nothing is recorded.
  package static func operation<Result, Failure: Error>(
    _ name: String, detail: @autoclosure () -> String? = nil, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard isOn, !DryRun.isOn else { return try body() }
    let isOpen = shared.begin(.operation, name, detail())
    defer { if isOpen { shared.end() } }
    return try body()
  }

  /// Runs `body` as a task of the calling thread.
  ///
  /// - Parameter name: `nil` for the name of the operation that the owner is in meanwhile.
  package static func task<Result, Failure: Error>(
    _ name: String?, detail: @autoclosure () -> String? = nil, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard isOn else { return try body() }
    let start = clock()
    defer { shared.add(task: name ?? "", detail(), from: start) }
    return try body()
  }

  /// Records an operation that ends now. It began where the operation before it ended, or where the phase began. A dry
  /// run has no operations.
  package static func operationEnds(_ name: String, detail: @autoclosure () -> String?) {
    if isOn, !DryRun.isOn { shared.endOperation(name, detail()) }
  }

  private func begin(_ kind: Kind, _ name: String, _ detail: String?) -> Bool {
    state.withLock { state in
      guard state.owner == pthread_self() else { return false }
      if kind == .phase, !state.phases.contains(where: { $0.name == name }) { state.phases.append((name, Total())) }
      state.mark = (Profiler.now(state), Profiler.flop.load(ordering: .relaxed))
      state.open.append(
        Open(kind: kind, name: name, detail: detail, start: state.mark.time, flop: state.mark.flop))
      return true
    }
  }

  private func end() {
    state.withLock { state in
      // A profile may have been finished or started again meanwhile.
      guard state.owner == pthread_self(), let open = state.open.popLast() else { return }
      let now = Profiler.now(state)
      Profiler.close(open, at: now, &state)
      state.mark = (now, Profiler.flop.load(ordering: .relaxed))
    }
  }

  private func endOperation(_ name: String, _ detail: String?) {
    state.withLock { state in
      guard state.owner == pthread_self(), !state.open.isEmpty else { return }
      let (now, flop) = (Profiler.now(state), Profiler.flop.load(ordering: .relaxed))
      let open = Open(kind: .operation, name: name, detail: detail, start: state.mark.time, flop: state.mark.flop)
      Profiler.close(open, at: now, &state)
      state.mark = (now, flop)
    }
  }

  private func add(task name: String, _ detail: String?, from start: UInt64) {
    state.withLock { state in
      // A task that began before the profile did is none of it.
      guard state.owner != nil, start >= state.origin else { return }
      let (begin, end) = (Int(start - state.origin), Profiler.now(state))
      let thread = pthread_self()
      var number = 0
      if thread != state.owner {
        number = state.threads[thread] ?? state.threads.count + 1
        state.threads[thread] = number
      }
      Profiler.keep(
        Event(
          kind: .task, name: name, detail: detail, thread: number, start: begin, duration: end - begin, flop: 0),
        &state)
    }
  }

  /// Adds what has ended to the sums, to what it is inside of, and to the events.
  private static func close(_ open: Open, at end: Int, _ state: inout State) {
    let flop = flop.load(ordering: .relaxed) - open.flop
    let whole = Total(nanoseconds: end - open.start, count: 1, flop: flop)
    if open.kind == .phase {
      if let outer = state.open.lastIndex(where: { $0.kind == .phase }) { state.open[outer].innerPhases += whole }
      if let last = state.open.indices.last, state.open[last].kind == .operation {
        state.open[last].innerOperations += whole
      }
      let own = whole - open.innerPhases
      if let index = state.phases.firstIndex(where: { $0.name == open.name }) { state.phases[index].total += own }
    } else if let phase = state.open.last(where: { $0.kind == .phase }) {
      state.open[state.open.count - 1].innerOperations += whole
      state.operations[Operation(phase: phase.name, name: open.name), default: Total()] += whole - open.innerOperations
    }
    keep(
      Event(
        kind: open.kind, name: open.name, detail: open.detail, thread: 0, start: open.start,
        duration: end - open.start, flop: flop),
      &state)
  }

  private static func keep(_ event: Event, _ state: inout State) {
    guard state.keepsEvents else { return }
    if event.kind == .phase {
      guard state.phaseEvents < limits.phases else { return state.isCut = true }
      state.phaseEvents += 1
    } else {
      let phase = state.open.last { $0.kind == .phase }?.name ?? ""
      guard state.detailEvents[phase, default: 0] < limits.details else { return state.isCut = true }
      state.detailEvents[phase, default: 0] += 1
    }
    state.events.append(event)
  }

  private static func now(_ state: State) -> Int { Int(clock() - state.origin) }

  private static func clock() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

extension Profiler.Total {
  package static func += (left: inout Self, right: Self) {
    left.nanoseconds += right.nanoseconds
    left.count += right.count
    left.flop += right.flop
  }

  /// What is left of a whole without its parts; the whole's own count stays.
  fileprivate static func - (whole: Self, parts: Self) -> Self {
    Self(nanoseconds: whole.nanoseconds - parts.nanoseconds, count: whole.count, flop: whole.flop - parts.flop)
  }
}
