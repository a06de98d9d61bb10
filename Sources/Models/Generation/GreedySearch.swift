/// Takes the likeliest token each time, and of equally likely ones the first.
struct GreedySearch: PromptSearch {
  private let rule: EndRule
  private var tokens: [Int32] = []
  private var score = 0.0
  private(set) var next: [(tail: Int, token: Int32)] = []

  init(_ rule: EndRule) { self.rule = rule }

  var candidates: Int { 1 }

  mutating func choose(from rows: [[Candidate]]) -> [(source: Int, target: Int)] {
    guard let best = rows.first?.first else { return [] }
    tokens.append(best.token)
    score += best.logProbability
    next = rule.ends(best.token, count: tokens.count) ? [] : [(0, best.token)]
    return []
  }

  var result: Generation { Generation(tokens: tokens, ending: rule.ending(of: tokens), score: score) }
}
