import Support

/// The division of a file's rows between the training split and a dev split, as `hold_out` asks.
///
/// The held-out rows are those whose numbers have the smallest hashes, so that they are the same in every run. Rows at
/// even distances would all have one label where labels alternate with the distance.
struct HoldOut {
  /// The number of rows that `hold_out` asks for.
  let asked: Int
  /// Whether this split has the held-out rows, not the others.
  let isDev: Bool

  /// The rows that are held out: as many as are asked for, but at most a tenth and at least one.
  ///
  /// - Parameter rows: the numbers of the rows to choose among, in any order.
  func chosen(among rows: [Int]) -> Set<Int> {
    func hash(_ row: Int) -> UInt64 {
      var generator = SplitMix(seed: UInt64(row))
      return generator.next()
    }
    let count = max(1, min(asked, rows.count / 10))
    // The hash is a permutation of 64 bits, so that no two rows are equal.
    return Set(rows.map { (hash: hash($0), row: $0) }.sorted { $0.hash < $1.hash }.prefix(count).map(\.row))
  }
}

extension ExampleReader {
  /// The rows that belong to this split, and the number of those that are held out for a dev split.
  ///
  /// Where incomplete rows are left out, rows are chosen among the others. The incomplete ones stay with the training
  /// split, which counts them.
  func divide(
    _ content: SplitLoader.Content
  ) throws(TaskError) -> (rows: [(row: DataRow, label: [UInt8]?)], heldOut: Int) {
    guard let holdOut = content.holdOut else { return (content.rows, 0) }
    let rows = content.rows
    // A row at fault counts as complete, since the split that gets it reports the fault.
    let complete = rows.indices.filter { index in
      guard skipsIncomplete else { return true }
      do { return try example(rows[index].row, index: index, label: rows[index].label) != nil } catch { return true }
    }
    let chosen = holdOut.chosen(among: complete)
    let own = rows.indices.filter { chosen.contains($0) == holdOut.isDev }.map { rows[$0] }
    guard !own.isEmpty else {
      throw .noExamples(
        path: content.path,
        reason: holdOut.isDev
          ? "holds no complete row that hold_out could keep for the dev split"
          : "holds \(Plural.count(rows.count, "row")), and hold_out keeps it for the dev split; "
            + "expected at least two rows")
    }
    return (own, chosen.count)
  }
}
