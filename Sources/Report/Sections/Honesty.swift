import Support

/// What a reader must know before believing the figures.
struct Honesty {
  let input: ReportInput
  let tasks: [TaskReport]

  var items: [String] {
    var items: [String] = []
    let cells = input.cells
    let records = cells.compactMap(\.record)
    if !records.isEmpty {
      items.append(
        "Rates, and with --save best also epochs, were chosen by the same dev scores that are shown, so the scores are optimistic; "
          + "the more rates and seeds were tried, the more so. Only a test set that chose nothing is free of this.")
    }
    let samples = records.count { $0.source == "sample" }
    if samples > 0 {
      items.append(
        "\(of(samples, records.count)) used the small samples bundled with the program: no benchmark scores.")
    }
    for (name, what) in [("train", "trained on"), ("dev", "were scored on")] {
      let parts = records.flatMap(\.splits).filter {
        ($0.name == "train") == (name == "train") && $0.examples < $0.available
      }
      guard !parts.isEmpty else { continue }
      let numbers = Set(parts.map { "\($0.examples) of \($0.available)" }).sorted()
      items.append("\(of(parts.count, records.count)) \(what) the first examples only: \(list(numbers)).")
    }
    let truncated = records.count { $0.splits.contains { $0.truncated > 0 } }
    if truncated > 0 { items.append("\(of(truncated, records.count)) cut examples off at the longest length.") }
    let overlap = Set(
      records.flatMap(\.splits).compactMap { split in split.overlap.flatMap { $0 > 0 ? "\($0)" : nil } }
    ).sorted()
    if !overlap.isEmpty { items.append("Dev examples whose inputs are in the training data too: \(list(overlap)).") }
    for task in tasks where Set(task.cells.compactMap(\.devSet)).count > 1 {
      items.append(
        "\(task.name): cells were scored on \(Set(task.cells.compactMap(\.devSet)).count) different dev sets, so their scores are not comparable."
      )
    }
    let commits = Set(cells.compactMap(\.commit)).sorted()
    if commits.count > 1 {
      items.append("The runs were made by \(commits.count) versions of the program: \(list(commits)).")
    }
    if commits.count == 1, commits[0].hasSuffix("changes") { items.append("The program was built from \(commits[0]).") }
    let machines = Set(cells.compactMap(\.machine)).sorted()
    if machines.count > 1 {
      items.append(
        "The runs were made on \(machines.count) machines or thread counts (\(list(machines))); seconds and tokens/s are pooled only "
          + "where these are equal.")
    }
    let old = records.count { $0.scored.isEmpty && !$0.metrics.isEmpty }
    if old > 0 {
      items.append("\(of(old, records.count)) are of an older program, without standard errors and baselines.")
    }
    for task in tasks {
      let seeds = Set(task.arms.flatMap { $0.rates.flatMap { $0.cells.map(\.seed) } })
      for arm in task.arms {
        let short = arm.rates.filter { $0.scored.count < seeds.count }
        guard !short.isEmpty else { continue }
        let texts = short.map { group in
          "\(group.rate.map(Format.rate) ?? "preset rate") has \(group.scored.count) of \(Plural.count(seeds.count, "seed"))"
        }
        items.append("\(task.name), \(arm.name): missing seeds: \(list(texts)).")
      }
      if !task.repeated.isEmpty {
        items.append(
          "\(task.name): \(Plural.count(task.repeated.count, "cell repeats", "cells repeat")) the settings and seed of another and "
            + "\(task.repeated.count == 1 ? "is" : "are") left out of every mean: \(list(task.repeated.map(\.label))).")
      }
      let few = task.ranked.contains { (task.arms[$0].bestGroup?.scored.count ?? 0) < 3 }
      if few {
        items.append("\(task.name): fewer than three seeds for some optimizer, too few to know how scores scatter.")
      }
    }
    items += shortened(
      cells.filter { $0.status != .completed }.map { cell in
        "\(cell.label): \(cell.status.rawValue)\(cell.reason.map { ": \($0)" } ?? "")."
      })
    items += shortened(
      cells.filter { $0.status == .completed && $0.score == nil }.map { cell in
        "\(cell.label): completed without a finite score of its primary metric."
      })
    return items + shortened(input.problems.map { $0 + "." })
  }

  /// At most twenty sentences, then a count.
  private func shortened(_ texts: [String]) -> [String] {
    texts.count <= 20
      ? texts : texts.prefix(20) + ["… and \(texts.count - 20) more of this kind; report.csv has every cell."]
  }

  private func of(_ count: Int, _ all: Int) -> String {
    count == all ? "All \(Plural.count(all, "run"))" : "\(count) of \(Plural.count(all, "run"))"
  }

  /// At most eight, then a count.
  private func list(_ texts: [String]) -> String {
    texts.prefix(8).joined(separator: ", ") + (texts.count > 8 ? " and \(texts.count - 8) more" : "")
  }
}
