import Support
import Tasks
import Training

/// The result of `finetune task check` as text.
enum TaskCheckText {
  static func text(_ check: TaskCheck) -> String {
    let task = check.task
    var lines = [
      "\(task.name): \(task.title)", "description: \(task.path)", "kind: \(task.kind.rawValue)",
      "data: \(check.folder)" + (check.source == .sample ? " (the bundled sample, no benchmark)" : ""),
      check.tokenizer.map { "tokens: as the tokenizer of \($0) counts them; another model's may differ: --model" }
        ?? "tokens: not counted, since no checkpoint is here; give one with --model",
    ]
    for split in check.splits { lines += [""] + self.lines(split, check) }
    for (kind, split, examples) in check.examples {
      lines += ["", "what a model reads (protocol \(kind.rawValue), split \(split.name)):"]
      for example in examples {
        lines.append("  line \(example.line)")
        lines += example.parts.flatMap { name, value in part(name, value) }
      }
    }
    let faults = check.faultCount
    lines += ["", faults == 0 ? "no faults" : faults == 1 ? "1 fault" : "\(faults) faults"]
    return lines.joined(separator: "\n")
  }

  /// The most characters of a text that are shown.
  private static let longest = 500

  /// Texts are written as JSON, so that every blank and line end is seen.
  private static func part(_ name: String, _ value: JSON) -> [String] {
    func text(_ value: JSON) -> String {
      let whole = String(decoding: value.serialized(compact: true), as: UTF8.self)
      let more = whole.count - longest
      return more > 0 ? "\(whole.prefix(longest))… (\(more) more characters; --json shows all)" : whole
    }
    guard let items = value.array else { return ["    \(name): \(text(value))"] }
    return items.isEmpty ? ["    \(name): none"] : ["    \(name):"] + items.map { "      \(text($0))" }
  }

  private static func lines(_ split: CheckedSplit, _ check: TaskCheck) -> [String] {
    var lines = ["\(split.split.name): \(Plural.count(split.examples, "example"))"]
    if split.heldOut > 0 { lines[0] += ", and \(split.heldOut) held out for dev" }
    if let official = split.official, check.source == .files {
      lines[0] +=
        official == split.examples + split.heldOut ? ", as in the official file" : ", the official file has \(official)"
    }
    lines += split.files.map { "  file: \($0.path)\n    SHA-256 \($0.sha256)" }
    if split.skipped > 0 {
      lines.append("  \(Plural.count(split.skipped, "incomplete row")) left out (incomplete: skip)")
    }
    if split.examples > 0 { lines += answers(split.answers) }
    if split.answers.unknown > 0 {
      lines.append("  \(Plural.count(split.answers.unknown, "example")) without an answer")
    }
    for (kind, lengths) in split.lengths { lines += self.lengths(lengths, kind, check.maximumLength) }
    if split.empty > 0 { lines.append("  \(Plural.count(split.empty, "example")) with an empty text") }
    let repeats = split.repeats
    if repeats.ids > 0 { lines.append("  \(Plural.count(repeats.ids, "example")) with the id of an earlier one") }
    if repeats.inputs > 0 {
      lines.append("  \(Plural.count(repeats.inputs, "example")) with the inputs of an earlier one")
    }
    if let overlap = repeats.overlap {
      lines.append("  \(Plural.count(overlap, "example")) with inputs that are also in train")
    }
    lines += split.warnings.map { "  warning: \($0)" }
    if split.faultCount > 0 {
      lines.append("  \(Plural.count(split.faultCount, "fault")):")
      lines += split.faults.map { "    \($0)" }
      if split.faultCount > split.faults.count { lines.append("    and \(split.faultCount - split.faults.count) more") }
    }
    return lines
  }

  private static func answers(_ answers: AnswerBalance) -> [String] {
    if let numbers = answers.numbers {
      return [
        "  answers: from \(numbers.smallest) to \(numbers.largest), mean \(TextTable.fixed(numbers.mean, 4))"
      ]
    }
    let all = answers.counts.reduce(0) { $0 + $1.count }
    guard all > 0 else { return [] }
    let shown = answers.counts.prefix(12).map { answer, count in
      "\(short(answer)) \(count) (\(TextTable.fixed(100 * Double(count) / Double(all), 1)) %)"
    }
    let more = answers.counts.count - shown.count
    return ["  answers: " + shown.joined(separator: ", ") + (more > 0 ? ", and \(more) others" : "")]
  }

  private static func lengths(_ lengths: TokenLengths, _ kind: ProtocolKind, _ limit: Int) -> [String] {
    let parts = zip(TokenLengths.shares, lengths.percentiles).map { "\($0) % ≤ \($1)" }.joined(separator: ", ")
    guard let longer = lengths.longer else { return ["  tokens (\(kind.rawValue)): \(parts)"] }
    let fate = kind == .span ? "read in several windows of \(limit)" : "cut to \(limit)"
    let cut = lengths.cutAnswers > 0 ? ", and the answer itself in \(lengths.cutAnswers)" : ""
    return ["  tokens (\(kind.rawValue)): \(parts); \(Plural.count(longer, "example")) \(fate)\(cut)"]
  }

  /// A text in one line of at most 60 bytes.
  private static func short(_ text: String) -> String {
    UTF8Text.shown(text.utf8.map { $0 < 0x20 ? UInt8(ascii: " ") : $0 })
  }

}
