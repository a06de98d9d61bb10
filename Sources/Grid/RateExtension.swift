import Foundation
import Support

/// Where a best learning rate lies among those tried, and which rates to try beyond it.
///
/// A best rate at the edge says little: a lower or higher one may be better. `--extend` therefore goes on beyond the
/// edge, with the ratio of the last two rates there, until the best rate is inside or ``most`` rates were added on
/// that side.
package enum RateExtension {
  /// The most rates added on one side.
  private static let most = 4

  /// The end of its axis at which a rate lies.
  package enum Edge: String, Sendable {
    case lowest
    case highest
  }

  /// The end of an arm's rates at which the rate lies; `nil` inside, where the arm has one rate only, and where the
  /// optimizer takes a rate of its own.
  static func edge(of rate: Double?, in arm: [GridCell]) -> Edge? {
    let rates = rates(arm)
    guard let rate, rates.count > 1, rate == rates.first || rate == rates.last,
      (try? arm[0].runSettings().learningRateHasEffect()) == true
    else { return nil }
    return rate == rates.first ? .lowest : .highest
  }

  /// The cells to add: for each best rate at an edge the next rate beyond it, with every seed.
  ///
  /// - Throws: the error of a setting with which the cell could not run.
  static func next(_ summary: GridSummary, _ cells: [GridCell], _ axes: GridAxes) throws -> [GridCell] {
    var added: [GridCell] = []
    for winner in summary.winners {
      guard let edge = winner.edge else { continue }
      let members = cells.filter { $0.arm == winner.arm }
      let all = rates(members)
      let given = rates(members.filter { !$0.isExtended })
      guard let low = given.first, let high = given.last, all.count > 1 else { continue }
      let beyond = all.filter { edge == .lowest ? $0 < low : $0 > high }
      guard beyond.count < most else { continue }
      let rate =
        edge == .lowest ? all[0] / (all[1] / all[0]) : all[all.count - 1] * (all[all.count - 1] / all[all.count - 2])
      let text = AxisValues.short(rate)
      // Where rates lie closer than three digits tell, the next one is no new one.
      guard let rounded = Double(text), rounded.isFinite, rounded > 0, !all.contains(rounded) else { continue }
      for seed in distinct(members.map(\.seed)) {
        guard let like = members.first(where: { $0.seed == seed }) else { continue }
        added.append(try axes.cell(like: like, learningRate: text))
      }
    }
    return added
  }

  /// Makes the cell of a recorded extension again; `nil` where the grid has no cell that it extends.
  static func restore(_ old: GridRecord.Cell, among cells: [GridCell], _ axes: GridAxes) throws -> GridCell? {
    guard let rate = old.setting("learning_rate") else { return nil }
    for cell in cells
    where cell.setting("learning_rate") != nil && cell.seed == old.seed && cell.task == old.task
      && cell.optimizer == old.optimizer
    {
      let made = try axes.cell(like: cell, learningRate: rate)
      if made.name == old.name { return made }
    }
    return nil
  }

  /// - Throws: ``GridError/badAxis(origin:reason:)`` where an optimizer has no two rates.
  static func check(_ cells: [GridCell]) throws(GridError) {
    for members in Dictionary(grouping: cells, by: \.arm).values where rates(members).count < 2 {
      throw .badAxis(
        origin: "--extend",
        reason:
          "\(members[0].optimizer) has fewer than two learning rates, expected at least two, whose ratio gives the next one"
      )
    }
  }

  /// The different rates of some cells, ascending.
  private static func rates(_ cells: [GridCell]) -> [Double] {
    Set(cells.compactMap { $0.setting("learning_rate").flatMap(Double.init) }).sorted()
  }

  private static func distinct(_ texts: [String]) -> [String] {
    var seen = Set<String>()
    return texts.filter { seen.insert($0).inserted }
  }
}
