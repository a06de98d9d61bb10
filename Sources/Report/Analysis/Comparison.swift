import Support

/// The paired tests between the arms of a task, each at its best rate.
struct Comparison {
  struct Pair {
    /// Indices of arms.
    let (first, second): (Int, Int)
    /// The first's mean less the second's, in the direction in which higher is better.
    let difference: Double
    /// Over the seeds that both have; corrected by Holm.
    var seeds: (p: Double, corrected: Double, name: String, count: Int)?
    /// Over the examples; corrected by Holm.
    var examples: (p: Double, corrected: Double, name: String)?

    /// The corrected p value that decides: over seeds where there are some, because another seed is what a reader would
    /// run; otherwise over examples.
    var deciding: Double? { seeds?.corrected ?? examples?.corrected }
  }

  let pairs: [Pair]
  /// The place of each pair, by the smaller and the larger of its arms.
  private let places: [[Int]: Int]
  /// Whether the tests over examples concern the primary metric of every arm that was read.
  let metricOfExamples: String?
  let resamples: Int

  static let level = 0.05

  init(_ task: TaskReport) {
    let arms = task.ranked
    let scores = arms.map { task.arms[$0].bestGroup.flatMap(ExampleScores.read) }
    metricOfExamples = scores.compactMap { $0?.metric.name }.first
    // The work is bounded whatever the files hold.
    let work = scores.enumerated().reduce(0) { sum, entry in
      sum + (entry.element?.labels.count ?? 0) * (task.arms[arms[entry.offset]].bestGroup?.scored.count ?? 0)
    }
    let resamples = max(200, min(Bootstrap.resamples, 1_000_000_000 / max(1, work)))
    self.resamples = resamples
    // One set of draws for all arms that were scored on the same examples.
    var resampled = [[Double]?](repeating: nil, count: arms.count)
    for start in arms.indices where scores[start] != nil && resampled[start] == nil {
      let same = arms.indices.filter { scores[$0]?.labels == scores[start]?.labels }
      var values = [[Double]](repeating: [], count: same.count)
      Bootstrap.draws(of: scores[start]?.labels.count ?? 1, resamples: resamples) { drawn in
        for (place, arm) in same.enumerated() { values[place].append(scores[arm]?.score(drawn) ?? .nan) }
      }
      for (place, arm) in same.enumerated() { resampled[arm] = values[place] }
    }
    let sign: Double = task.isHigherBetter ? 1 : -1
    var pairs: [Pair] = []
    for a in arms.indices {
      for b in arms.indices where b > a {
        var pair = Pair(
          first: arms[a], second: arms[b], difference: sign * (task.mean(arms[a]) - task.mean(arms[b])), seeds: nil,
          examples: nil)
        let (left, right) = (task.arms[arms[a]].bestGroup?.scored ?? [], task.arms[arms[b]].bestGroup?.scored ?? [])
        let differences = left.compactMap { cell -> Double? in
          guard let mine = cell.score, let theirs = right.first(where: { $0.seed == cell.seed })?.score else {
            return nil
          }
          return mine - theirs
        }
        if let test = PairedTests.overSeeds(differences) {
          pair.seeds = (test.p, test.p, test.name, differences.count)
        }
        if let mine = scores[a], let theirs = scores[b], mine.metric == theirs.metric, mine.labels == theirs.labels {
          if let counts = mine.discordant(theirs) {
            let p = PairedTests.mcNemar(onlyFirst: counts.onlyFirst, onlySecond: counts.onlySecond)
            pair.examples = (p, p, "McNemar exact")
          } else if let one = resampled[a], let other = resampled[b] {
            let p = Bootstrap.p(zip(one, other).map { $0 - $1 })
            pair.examples = (p, p, "paired bootstrap")
          }
        }
        pairs.append(pair)
      }
    }
    let overSeeds = pairs.indices.filter { pairs[$0].seeds != nil }
    for (index, p) in zip(overSeeds, PairedTests.holm(overSeeds.compactMap { pairs[$0].seeds?.p })) {
      pairs[index].seeds?.corrected = p
    }
    let overExamples = pairs.indices.filter { pairs[$0].examples != nil }
    for (index, p) in zip(overExamples, PairedTests.holm(overExamples.compactMap { pairs[$0].examples?.p })) {
      pairs[index].examples?.corrected = p
    }
    self.pairs = pairs
    places = Dictionary(
      pairs.enumerated().map { ([$1.first, $1.second].sorted(), $0) }, uniquingKeysWith: { first, _ in first })
  }

  func pair(_ a: Int, _ b: Int) -> Pair? {
    places[[min(a, b), max(a, b)]].map { pairs[$0] }
  }

  enum Verdict: String { case win, tie, loss, untested }

  /// How the arm `a` did against `b`.
  func verdict(_ a: Int, _ b: Int) -> Verdict {
    guard let pair = pair(a, b), let p = pair.deciding else { return .untested }
    guard p < Comparison.level, pair.difference != 0 else { return .tie }
    return (pair.difference > 0) == (pair.first == a) ? .win : .loss
  }
}
