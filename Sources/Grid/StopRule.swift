/// Which cells are cut before their end, because others of their kind were better after as many steps.
///
/// A cell is compared with the cells before it in the grid's order that differ from it only in learning rate and seed
/// (its arm). Of each, the best score so far counts, as in the median stopping rule of Vizier (Golovin et al. 2017,
/// §3.2.1), since the best model is what a run keeps. A cell is never cut at its last evaluation, and none is cut before
/// three of its arm have come as far.
///
/// A verdict follows from the scores alone. Where an earlier cell still runs, the verdict waits for that cell. So the
/// same cells are cut however many run at a time; one that has completed in the meantime counts as cut all the same.
package enum StopRule: String, CaseIterable, Sendable {
  case none
  /// Cuts a cell whose best score so far is worse than the median of the others' after the same step. A cell that was
  /// cut counts with its best score until then, so that the bar does not rise by cutting.
  case median
  /// Successive halving in its asynchronous form (ASHA, Li et al. 2020) with η = 2: after evaluations 1, 2, 4, 8 and so
  /// on, a cell goes on only where it is in the better half of the cells that have come so far, itself included.
  case halving

  /// The number of cells to compare with, below which no cell is cut.
  static let least = 3

  /// Why a cell was cut.
  package struct Cut: Sendable, Equatable {
    let rule: StopRule
    /// The evaluation that decided, by its optimizer step.
    let step: Int
    /// The cell's best score up to that step.
    let score: Double
    /// The score that it did not reach.
    let bar: Double
    /// With how many cells it was compared.
    let others: Int

    package init(rule: StopRule, step: Int, score: Double, bar: Double, others: Int) {
      (self.rule, self.step, self.score, self.bar, self.others) = (rule, step, score, bar, others)
    }
  }

  package enum Verdict: Equatable {
    /// An earlier cell has not come as far yet.
    case open
    /// Every evaluation so far is passed.
    case passed
    case cut(Cut)
  }

  /// What an earlier cell of the arm has shown so far.
  package struct Rival {
    let evaluations: CellEvaluations
    /// The step at which it was cut.
    var cutAt: Int?
    /// Whether no more evaluations will come.
    let hasEnded: Bool

    package init(evaluations: CellEvaluations, cutAt: Int?, hasEnded: Bool) {
      (self.evaluations, self.cutAt, self.hasEnded) = (evaluations, cutAt, hasEnded)
    }

    func hasReached(_ step: Int) -> Bool { hasEnded || evaluations.entries.last.map { $0.step >= step } ?? false }

    /// Whether it was evaluated at or after the step, and was not cut before it.
    func hasPassed(_ step: Int) -> Bool {
      evaluations.entries.last.map { $0.step >= step } ?? false && cutAt.map { $0 >= step } ?? true
    }

    /// Its best score up to the step or to where it was cut.
    func best(upTo step: Int) -> Double? { evaluations.best(upTo: min(step, cutAt ?? step)) }
  }

  /// The verdict on a cell.
  ///
  /// - Parameter rivals: the cells of its arm before it in the grid's order.
  package func verdict(on own: CellEvaluations, among rivals: [Rival]) -> Verdict {
    guard self != .none else { return .passed }
    for (index, entry) in own.entries.enumerated() {
      // Without the number of steps it is not known which evaluation is the last.
      guard let total = own.totalSteps, entry.step < total else { continue }
      let isRung = (index + 1) & index == 0
      if self == .halving, !isRung { continue }
      guard rivals.allSatisfy({ $0.hasReached(entry.step) }) else { return .open }
      let counted = self == .halving ? rivals.filter { $0.hasPassed(entry.step) } : rivals
      let scores = counted.compactMap { $0.best(upTo: entry.step) }
      guard scores.count >= StopRule.least, let score = own.best(upTo: entry.step) else { continue }
      let bar = self == .median ? StopRule.median(scores) : StopRule.halfway(scores, isHigherBetter: own.isHigherBetter)
      if own.isHigherBetter ? score < bar : score > bar {
        return .cut(Cut(rule: self, step: entry.step, score: score, bar: bar, others: scores.count))
      }
    }
    return .passed
  }

  private static func median(_ values: [Double]) -> Double {
    let (sorted, half) = (values.sorted(), values.count / 2)
    return values.count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
  }

  /// The score that one more cell must not fall below to be in the better half, rounded up, of all of them.
  private static func halfway(_ values: [Double], isHigherBetter: Bool) -> Double {
    let sorted = values.sorted { isHigherBetter ? $0 > $1 : $0 < $1 }
    return sorted[(values.count + 2) / 2 - 1]
  }
}
