import Foundation

/// A profile in the JSON format that ui.perfetto.dev and Chrome's tracing page open.
///
/// Source: "Trace Event Format" of the Chromium project: complete events (`X`) with `ts` and `dur` in microseconds, and
/// metadata events (`M`) that name the threads.
package enum ChromeTrace {
  /// Writes a trace, or leaves the file as it was.
  ///
  /// - Throws: ``FileError``.
  package static func write(_ profile: Profile, to path: String) throws(FileError) {
    try Files.writeAtomically(path) { write in
      func put(_ text: String) throws {
        var text = text
        try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
      }
      try put("{\"displayTimeUnit\":\"ms\",\"otherData\":")
      try put(String(decoding: summary(profile).serialized(compact: true), as: UTF8.self))
      try put(",\"traceEvents\":[\n")
      let threads = 0...(profile.events.map(\.thread).max() ?? 0)
      let names =
        [metadata("process_name", "finetune", thread: 0)]
        + threads.map { metadata("thread_name", $0 == 0 ? "main" : "worker \($0)", thread: $0) }
      try put(names.joined(separator: ",\n"))
      var part = ""
      for event in profile.events {
        part += ",\n" + line(event)
        guard part.utf8.count > 1 << 16 else { continue }
        try put(part)
        part = ""
      }
      try put(part + "\n]}\n")
    }
  }

  /// The sums, which hold all events, also those that the trace leaves out.
  private static func summary(_ profile: Profile) -> JSON {
    let rows = profile.phases.map { ($0.name, $0.total) } + [("other", Profiler.Total(nanoseconds: profile.other))]
    let phases = rows.map { name, total in
      JSON.object(
        JSONObject([
          "name": .text(name), "seconds": .real(Double(total.nanoseconds) / 1e9), "count": .integer(total.count),
          "gflop": .real(Double(total.flop) / 1e9),
        ]))
    }
    return .object(
      JSONObject([
        "seconds": .real(Double(profile.nanoseconds) / 1e9), "phases": .array(phases),
        "events_left_out": .bool(profile.isCut),
      ]))
  }

  private static func metadata(_ kind: String, _ name: String, thread: Int) -> String {
    "{\"ph\":\"M\",\"pid\":1,\"tid\":\(thread + 1),\"name\":\"\(kind)\",\"args\":{\"name\":\"\(name)\"}}"
  }

  private static func line(_ event: Profiler.Event) -> String {
    var arguments: [String] = []
    if let detail = event.detail { arguments.append("\"of\":\(quoted(detail))") }
    if event.flop > 0 {
      arguments.append("\"gflop\":\(Double(event.flop) / 1e9)")
      arguments.append("\"gflop_per_second\":\(Double(event.flop) / Double(max(1, event.duration)))")
    }
    let category =
      switch event.kind {
      case .phase: "phase"
      case .operation: "operation"
      case .task: "task"
      }
    return "{\"ph\":\"X\",\"pid\":1,\"tid\":\(event.thread + 1),\"ts\":\(microseconds(event.start)),"
      + "\"dur\":\(microseconds(event.duration)),\"name\":\(quoted(event.name)),\"cat\":\"\(category)\""
      + (arguments.isEmpty ? "}" : ",\"args\":{\(arguments.joined(separator: ","))}}")
  }

  private static func quoted(_ text: String) -> String {
    String(decoding: JSON.text(text).serialized(compact: true), as: UTF8.self)
  }

  /// Nanoseconds as microseconds, exactly.
  private static func microseconds(_ nanoseconds: Int) -> String {
    let rest = String(nanoseconds % 1_000)
    return "\(nanoseconds / 1_000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }
}
