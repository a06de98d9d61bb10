/// What a ``Profiler`` recorded.
package struct Profile: Sendable {
  /// The wall time from start to end.
  package let nanoseconds: Int
  /// The time that each phase took without the phases inside it, in the order in which they first began. With
  /// ``other``, they sum to the wall time.
  package let phases: [(name: String, total: Profiler.Total)]
  /// The operations inside the phases, those that took longest first.
  package let operations: [(phase: String, name: String, total: Profiler.Total)]
  /// Events by their start, an outer one before those inside it.
  package let events: [Profiler.Event]
  /// Whether there were more events than are kept. All of them are in the sums.
  package let isCut: Bool

  init(
    nanoseconds: Int, phases: [(name: String, total: Profiler.Total)],
    operations: [(phase: String, name: String, total: Profiler.Total)], events: [Profiler.Event], isCut: Bool
  ) {
    (self.nanoseconds, self.phases, self.isCut) = (nanoseconds, phases, isCut)
    let named = operations.map { ($0.phase, Profile.name($0.name), $0.total) }
    self.operations = named.sorted { ($1.2.nanoseconds, $0.1) < ($0.2.nanoseconds, $1.1) }
    self.events = Profile.named(events.sorted { ($0.start, $1.duration) < ($1.start, $0.duration) })
  }

  /// The wall time that no phase took, in nanoseconds.
  package var other: Int { nanoseconds - phases.reduce(0) { $0 + $1.total.nanoseconds } }

  package func phase(_ name: String) -> Profiler.Total { phases.first { $0.name == name }?.total ?? .init() }

  /// Operations are named by the function that computes them, e.g. `linear(_:weight:bias:)`.
  private static func name(_ function: String) -> String { String(function.prefix { $0 != "(" }) }

  /// Gives a task without a name that of what the owner was in when the task began.
  private static func named(_ events: [Profiler.Event]) -> [Profiler.Event] {
    var open: [(name: String, end: Int)] = []
    return events.map { event in
      while let last = open.last, last.end <= event.start { open.removeLast() }
      let name = event.name.isEmpty ? open.last?.name ?? "work" : name(event.name)
      if event.thread == 0, event.kind != .task { open.append((name, event.end)) }
      return Profiler.Event(
        kind: event.kind, name: name, detail: event.detail, thread: event.thread, start: event.start,
        duration: event.duration, flop: event.flop)
    }
  }
}

extension Profile {
  /// The phases as rows of a table, each followed by its operations, at last the rest and the sum.
  package var rows: [(name: String, isOperation: Bool, total: Profiler.Total)] {
    let phases = phases.flatMap { phase -> [(name: String, isOperation: Bool, total: Profiler.Total)] in
      [(phase.name, false, phase.total)]
        + operations.filter { $0.phase == phase.name }.map { ($0.name, true, $0.total) }
    }
    return phases + [
      ("other", false, .init(nanoseconds: other)),
      ("wall time", false, .init(nanoseconds: nanoseconds, flop: self.phases.reduce(0) { $0 + $1.total.flop })),
    ]
  }
}
