import Support

/// Who beats whom: the matrix of verdicts, and the tests behind it.
struct Pairwise {
  let task: TaskReport
  let comparison: Comparison
  let id: String

  /// A larger matrix would be read by nobody.
  private static let most = 20

  private var arms: [Int] { Array(task.ranked.prefix(Pairwise.most)) }

  var blocks: [Block] {
    let arms = arms
    guard arms.count > 1 else {
      return [.text("There are no two optimizers with a score, so no test is made.")]
    }
    var notes: [String] = []
    if task.ranked.count > arms.count {
      notes.append(
        "Only the best \(arms.count) of \(task.ranked.count) are shown; the correction counts the pairs of all.")
    }
    if comparison.pairs.contains(where: { $0.seeds != nil }) {
      notes.append(
        "Over seeds: the differences between runs of the same seed, by the paired t-test below six seeds and Wilcoxon's exact "
          + "signed-rank test from six on. This decides, because another seed is what a reader would run.")
    }
    if let metric = comparison.metricOfExamples {
      notes.append(
        "Over examples: \(metric) on the same dev examples, by McNemar's exact test for one model of each side, otherwise by a paired "
          + "bootstrap of \(comparison.resamples) resamples of the mean over seeds. It decides only where seeds cannot."
      )
    } else {
      notes.append(
        "Over examples: not tested, because the predictions of these runs are missing or do not give back the recorded score."
      )
    }
    notes.append(
      "p values are two-sided, corrected by Holm over the pairs of this task; a tie is not proof of equality.")
    return [.table(matrix), .details("The tests", [.table(tests)]), .list(notes)]
  }

  private var matrix: Table {
    let arms = arms
    let rows = arms.map { row -> [Table.Entry] in
      let verdicts = arms.map { row == $0 ? nil : comparison.verdict(row, $0) }
      let cells = zip(arms, verdicts).map { column, verdict -> Table.Entry in
        guard let verdict else { return "·" }
        let p = comparison.pair(row, column)?.deciding
        return Table.Entry(verdict.rawValue + (p.map { " " + Format.p($0) } ?? ""), isStrong: verdict == .win)
      }
      let counts = [Comparison.Verdict.win, .tie, .loss].map { kind in "\(verdicts.count { $0 == kind })" }
      return [Table.Entry(task.arms[row].name)] + cells + [Table.Entry(counts.joined(separator: "/"))]
    }
    return Table(
      id: id + "-matrix", caption: "Win, tie or loss of the row against the column, with the corrected p value",
      columns: [.init("optimizer")] + arms.map { .init(task.arms[$0].name) } + [.init("wins/ties/losses")], rows: rows)
  }

  private var tests: Table {
    let shown = Set(arms)
    let pairs = comparison.pairs.filter { shown.contains($0.first) && shown.contains($0.second) }
    let rows = pairs.map { pair -> [Table.Entry] in
      let seeds = pair.seeds.map { "\($0.name), \($0.count) seeds" }
      return [
        Table.Entry("\(task.arms[pair.first].name) – \(task.arms[pair.second].name)"),
        Table.Entry(Format.score(pair.difference), key: pair.difference),
        .number(pair.seeds?.p, Format.p), .number(pair.seeds?.corrected, Format.p), Table.Entry(seeds ?? "none"),
        .number(pair.examples?.p, Format.p), .number(pair.examples?.corrected, Format.p),
        Table.Entry(pair.examples?.name ?? "none"),
      ]
    }
    return Table(
      id: id + "-tests", caption: "Every pair; the difference is positive where the first is better",
      columns: [
        .init("pair"), .init("difference", isNumber: true), .init("p over seeds", isNumber: true),
        .init("corrected", isNumber: true), .init("test"), .init("p over examples", isNumber: true),
        .init("corrected", isNumber: true), .init("test"),
      ], rows: rows, isSortable: true)
  }
}
