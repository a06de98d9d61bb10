import Foundation

/// Follows the likeliest texts and returns the finished one of the highest score.
///
/// As transformers' `generate` with `num_beams`, `do_sample=False` and `early_stopping=False`: a prompt's search ends
/// when as many texts have finished as there are beams, and the best running text, at its present length, has no higher
/// score than the worst of them. Source: `_beam_search` of transformers 5.
struct BeamSearch: PromptSearch {
  private struct Beam {
    var tokens: [Int32]
    /// Σ log p.
    var score: Double
    var tail: Int
  }

  private let rule: EndRule
  private let beams: Int
  private let lengthPenalty: Double
  private var running: [Beam]
  /// The best finished texts, at most ``beams``, by falling score.
  private var finished: [(tokens: [Int32], score: Double)] = []
  private var hasEnded = false

  init(_ rule: EndRule, beams: Int, lengthPenalty: Double) {
    (self.rule, self.beams, self.lengthPenalty) = (rule, beams, lengthPenalty)
    running = [Beam(tokens: [], score: 0, tail: 0)]
  }

  /// Enough that `beams` of them go on even where every beam finds all end tokens likelier than any other.
  var candidates: Int { BeamSearch.candidates(beams: beams, endTokens: rule.endTokens.count) }

  static func candidates(beams: Int, endTokens: Int) -> Int { max(2, 1 + endTokens) * beams }

  var next: [(tail: Int, token: Int32)] {
    hasEnded ? [] : running.compactMap { beam in beam.tokens.last.map { (beam.tail, $0) } }
  }

  mutating func choose(from rows: [[Candidate]]) -> [(source: Int, target: Int)] {
    var all: [(beam: Int, token: Int32, score: Double)] = []
    for (beam, row) in rows.enumerated() {
      all += row.map { (beam, $0.token, running[beam].score + $0.logProbability) }
    }
    all.sort { $0.score == $1.score ? ($0.beam, $0.token) < ($1.beam, $1.token) : $0.score > $1.score }
    all.removeLast(max(0, all.count - candidates))
    var following: [Beam] = []
    for (rank, (beam, token, score)) in all.enumerated() {
      let source = running[beam]
      let tokens = source.tokens + [token]
      if rule.ends(token, count: tokens.count) {
        // A text that ends counts only where it is among the best, so that it is not preferred to better ones that go on.
        if rank < beams { finish(tokens, score / pow(Double(tokens.count), lengthPenalty)) }
      } else if following.count < beams {
        following.append(Beam(tokens: tokens, score: score, tail: source.tail))
      }
    }
    let isFirst = running.first?.tokens.isEmpty ?? true
    running = following
    hasEnded = !canImprove
    return hasEnded ? [] : isFirst ? spread() : moves()
  }

  private mutating func finish(_ tokens: [Int32], _ score: Double) {
    finished.insert((tokens, score), at: finished.firstIndex { $0.score < score } ?? finished.count)
    if finished.count > beams { finished.removeLast() }
  }

  private var canImprove: Bool {
    guard let best = running.first else { return false }
    guard finished.count == beams, let worst = finished.last else { return true }
    return best.score / pow(Double(best.tokens.count), lengthPenalty) > worst.score
  }

  /// Gives each beam a tail of its own while all tails are empty.
  private mutating func spread() -> [(source: Int, target: Int)] {
    for index in running.indices { running[index].tail = index }
    return []
  }

  /// Gives each beam a tail with the tokens of the beam that it continues. The first that continues a beam keeps that
  /// beam's tail, and the others get copies in tails that no beam continues.
  private mutating func moves() -> [(source: Int, target: Int)] {
    var free = Set(0..<beams).subtracting(running.map(\.tail)).sorted()
    var (kept, moves) = (Set<Int>(), [(source: Int, target: Int)]())
    for index in running.indices where !kept.insert(running[index].tail).inserted {
      let target = free.removeFirst()
      moves.append((running[index].tail, target))
      running[index].tail = target
    }
    return moves
  }

  var result: Generation {
    let best = finished.first ?? ([], 0)
    return Generation(tokens: best.tokens, ending: rule.ending(of: best.tokens), score: best.score)
  }
}
