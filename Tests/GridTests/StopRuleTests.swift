import Foundation
import Grid
import Support
import TestSupport
import Testing

@Suite struct StopRuleTests {
  private func shown(_ scores: [Double], isHigherBetter: Bool = true, of total: Int? = 50) -> CellEvaluations {
    var result = CellEvaluations()
    result.entries = scores.enumerated().map { .init(step: 10 * ($0 + 1), score: $1) }
    (result.totalSteps, result.isHigherBetter) = (total, isHigherBetter)
    return result
  }

  private func rivals(_ scores: [[Double]], hasEnded: Bool = true) -> [StopRule.Rival] {
    scores.map { StopRule.Rival(evaluations: shown($0), cutAt: nil, hasEnded: hasEnded) }
  }

  /// The best score so far counts: 0.3 after step 20 is not cut although its second evaluation fell to 0.1.
  @Test func median() {
    let others = rivals([[0.1, 0.2], [0.2, 0.3], [0.3, 0.4]])
    #expect(StopRule.median.verdict(on: shown([0.2]), among: others) == .passed)
    #expect(
      StopRule.median.verdict(on: shown([0.19]), among: others)
        == .cut(.init(rule: .median, step: 10, score: 0.19, bar: 0.2, others: 3)))
    #expect(StopRule.median.verdict(on: shown([0.3, 0.1]), among: others) == .passed)
    #expect(
      StopRule.median.verdict(on: shown([0.25, 0.1]), among: others)
        == .cut(.init(rule: .median, step: 20, score: 0.25, bar: 0.3, others: 3)))
    // Of four, the mean of the middle two.
    #expect(
      StopRule.median.verdict(on: shown([0.24]), among: rivals([[0.1], [0.2], [0.3], [0.9]]))
        == .cut(.init(rule: .median, step: 10, score: 0.24, bar: 0.25, others: 4)))
  }

  /// Fewer than three others cut nothing; nor does the last evaluation, nor one of a run of unknown length.
  @Test func nothingIsCutTooSoonOrTooLate() {
    #expect(StopRule.median.verdict(on: shown([0]), among: rivals([[0.5], [0.5]])) == .passed)
    let others = rivals([[0.5], [0.5], [0.5]])
    #expect(StopRule.median.verdict(on: shown([0], of: 10), among: others) == .passed)
    #expect(StopRule.median.verdict(on: shown([0], of: nil), among: others) == .passed)
    #expect(StopRule.none.verdict(on: shown([0]), among: others) == .passed)
  }

  /// A verdict waits for an earlier cell that runs, and then is the same.
  @Test func itWaits() {
    let cut = StopRule.Verdict.cut(.init(rule: .median, step: 10, score: 0.1, bar: 0.3, others: 3))
    let done = rivals([[0.2], [0.3]])
    let late = StopRule.Rival(evaluations: shown([]), cutAt: nil, hasEnded: false)
    #expect(StopRule.median.verdict(on: shown([0.1]), among: done + [late]) == .open)
    let there = StopRule.Rival(evaluations: shown([0.4]), cutAt: nil, hasEnded: false)
    #expect(StopRule.median.verdict(on: shown([0.1]), among: done + [there]) == cut)
    // What it showed after it was cut does not count, nor does its absence later.
    let wasCut = StopRule.Rival(evaluations: shown([0.4, 0.9]), cutAt: 10, hasEnded: true)
    #expect(StopRule.median.verdict(on: shown([0.1]), among: done + [wasCut]) == cut)
    #expect(
      StopRule.median.verdict(on: shown([0.35, 0.35]), among: rivals([[0.1, 0.1], [0.4, 0.4]]) + [wasCut])
        == .cut(.init(rule: .median, step: 10, score: 0.35, bar: 0.4, others: 3)))
  }

  /// Lower is better for a loss.
  @Test func theOtherDirection() {
    let others = [3.0, 2, 1].map {
      StopRule.Rival(evaluations: shown([$0], isHigherBetter: false), cutAt: nil, hasEnded: true)
    }
    #expect(StopRule.median.verdict(on: shown([1.9], isHigherBetter: false), among: others) == .passed)
    #expect(
      StopRule.median.verdict(on: shown([2.1], isHigherBetter: false), among: others)
        == .cut(.init(rule: .median, step: 10, score: 2.1, bar: 2, others: 3)))
  }

  /// Rungs are evaluations 1, 2, 4: of four cells the better two go on, of five the better three.
  @Test func halving() {
    let three = rivals([[0.1, 0.1, 0.1, 0.1], [0.2, 0.2, 0.2, 0.2], [0.3, 0.3, 0.3, 0.3]])
    #expect(StopRule.halving.verdict(on: shown([0.2]), among: three) == .passed)
    #expect(
      StopRule.halving.verdict(on: shown([0.15]), among: three)
        == .cut(.init(rule: .halving, step: 10, score: 0.15, bar: 0.2, others: 3)))
    #expect(StopRule.halving.verdict(on: shown([0.2]), among: three + rivals([[0.4]])) == .passed)
    #expect(
      StopRule.halving.verdict(on: shown([0.19]), among: three + rivals([[0.4]]))
        == .cut(.init(rule: .halving, step: 10, score: 0.19, bar: 0.2, others: 4)))
    // The third evaluation is no rung; the fourth is.
    let rising = rivals([[0, 0, 0.9, 0.9], [0, 0, 0.9, 0.9], [0, 0, 0.9, 0.9]])
    #expect(StopRule.halving.verdict(on: shown([0, 0, 0]), among: rising) == .passed)
    #expect(
      StopRule.halving.verdict(on: shown([0, 0, 0, 0]), among: rising)
        == .cut(.init(rule: .halving, step: 40, score: 0, bar: 0.9, others: 3)))
    // A cell that was cut before came to no later rung.
    let early = StopRule.Rival(evaluations: shown([0.1, 0.1]), cutAt: 10, hasEnded: true)
    #expect(
      StopRule.halving.verdict(on: shown([0.3, 0]), among: rivals([[0.1, 0.4], [0.1, 0.4]]) + [early]) == .passed)
  }

  /// Half a line at the end is a line that is being written; the last of two lines for one step counts.
  @Test func theFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "e.jsonl",
      """
      {"total_steps":30,"primary_metric":"f1","higher_is_better":true}
      {"step":10,"epoch":1,"metrics":{"accuracy":0.9,"f1":0.1}}
      {"step":10,"epoch":1,"metrics":{"accuracy":0.9,"f1":0.2}}
      {"step":20,"epoch":2,"metr
      """)
    let found = CellEvaluations(file: path)
    #expect(found.entries == [.init(step: 10, score: 0.2)] && found.totalSteps == 30 && found.isHigherBetter)
    #expect(CellEvaluations(file: folder.path + "/none") == CellEvaluations())
  }
}
