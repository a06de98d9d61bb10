import Support

/// Applies a ``StopRule`` to the cells of a grid, and keeps what each of them has shown.
struct CellJudge {
  private let rule: StopRule
  /// Evaluations of the cells that have ended, by name.
  private var ended: [String: CellEvaluations] = [:]
  private var cutAt: [String: Int] = [:]
  /// Cells that have ended and whose every evaluation is passed.
  private var settled = Set<String>()
  private var lastLook: ContinuousClock.Instant?
  /// How long after a look at the cells' evaluations the next one follows.
  private static let interval = Duration.milliseconds(200)

  init(_ rule: StopRule) { self.rule = rule }

  /// Takes a cell that has ended.
  ///
  /// - Throws: ``GridError/badFile(path:reason:)`` for an unreadable record.
  mutating func take(_ cell: GridCell, _ outcome: CellOutcome, _ folder: GridFolder) throws {
    guard rule != .none else { return }
    lastLook = nil
    let record = try CellOutcome.record(in: folder.folder(of: cell))
    // An unfinished run's record lacks the number of steps, and a failed cell may have none.
    let whole = record.flatMap { $0.status == .completed ? CellEvaluations($0) : nil }
    ended[cell.name] = whole ?? CellEvaluations(file: folder.evaluations(of: cell))
    if let cut = outcome.cut { self.cut(cell, cut) }
  }

  mutating func cut(_ cell: GridCell, _ cut: StopRule.Cut) {
    cutAt[cell.name] = cut.step
    settled.insert(cell.name)
  }

  /// The cells to cut now, with their place in the grid.
  mutating func cuts(_ cells: [GridCell], _ outcomes: [CellOutcome], _ folder: GridFolder)
    -> [(index: Int, cut: StopRule.Cut)]
  {
    let now = ContinuousClock.now
    if let lastLook, now - lastLook < CellJudge.interval { return [] }
    lastLook = now
    var cuts: [(index: Int, cut: StopRule.Cut)] = []
    var rivals: [String: [StopRule.Rival]] = [:]
    for (index, cell) in cells.enumerated() {
      let status = outcomes[index].status
      let isOver = ended[cell.name] != nil
      let evaluations = ended[cell.name] ?? CellEvaluations(file: folder.evaluations(of: cell))
      // A cell of an earlier, unfinished attempt shows nothing until it runs again.
      let shown = isOver || status == .running || status == .cut ? evaluations : CellEvaluations()
      if !settled.contains(cell.name), status == .running || status == .completed {
        switch rule.verdict(on: shown, among: rivals[cell.arm] ?? []) {
        case .open: break
        case .passed: if isOver { settled.insert(cell.name) }
        case .cut(let cut):
          cuts.append((index, cut))
          cutAt[cell.name] = cut.step
        }
      }
      let cutAt = cutAt[cell.name]
      rivals[cell.arm, default: []].append(
        StopRule.Rival(evaluations: shown, cutAt: cutAt, hasEnded: isOver || cutAt != nil))
    }
    return cuts
  }
}
