import Models
import Optimizers
import Tensors

/// Some layers at a time are trained. The others have no gradient and no optimizer state until their turn comes.
package struct RotatingLayers: TrainingPhases {
  package enum Kind: Equatable {
    /// Embeddings, head, and some layers that are drawn for each phase (LISA; Pan et al., 2024).
    case drawn(count: Int)
    /// One layer and the head of the task, in turn (BAdam; Luo et al., 2024).
    case inTurn(Order)
  }

  package enum Order: String, CaseIterable {
    case random
    case ascending
    case descending
  }

  package let kind: Kind
  package let interval: Int
  package let seed: UInt64

  package init(kind: Kind, interval: Int, seed: UInt64) {
    (self.kind, self.interval, self.seed) = (kind, interval, seed)
  }

  package func select(_ phase: Int, _ parameters: [Parameter]) {
    let trained = trained(phase, parameters.map(\.layout))
    for (parameter, isTrained) in zip(parameters, trained) where parameter.isTrainable != isTrained {
      parameter.isTrainable = isTrained
    }
  }

  package func begin(_ phase: Int, _ model: any Model, _ optimizer: Optimizer) { optimizer.follow() }

  /// Which parameters a phase trains.
  package func trained(_ phase: Int, _ parameters: [ParameterShape]) -> [Bool] {
    let depth = LayerDepth(names: parameters.map(\.name))
    return trained(parameters, depth, layers: chosen(phase, of: depth.layers))
  }

  /// - Parameter layers: numbers of layers, from 1.
  private func trained(_ parameters: [ParameterShape], _ depth: LayerDepth, layers: Set<Int>) -> [Bool] {
    zip(parameters, depth.depths).map { parameter, position in
      switch kind {
      case .drawn: layers.contains(position) || position == 0 || position > depth.layers
      case .inTurn: layers.contains(position) || parameter.isOfTaskHead
      }
    }
  }

  /// The layers of a phase, numbered from 1.
  private func chosen(_ phase: Int, of layers: Int) -> Set<Int> {
    guard layers > 0 else { return [] }
    func permutation(_ number: Int) -> [Int] {
      RandomGenerator(seed: seed).stream("layers", UInt64(number)).permutation(layers)
    }
    switch kind {
    case .drawn(let count): return Set(permutation(phase).prefix(count).map { $0 + 1 })
    case .inTurn(.ascending): return [phase % layers + 1]
    case .inTurn(.descending): return [layers - phase % layers]
    // Every layer comes once before any comes again.
    case .inTurn(.random): return [permutation(phase / layers)[phase % layers] + 1]
    }
  }

  /// The sets of trained parameters that may need the most memory: with the largest layers, and with the lowest.
  func largest(_ parameters: [ParameterShape]) -> [[Bool]] {
    let depth = LayerDepth(names: parameters.map(\.name))
    guard depth.layers > 0 else { return [trained(0, parameters)] }
    var sizes = Array(repeating: 0, count: depth.layers + 2)
    for (parameter, depth) in zip(parameters, depth.depths) { sizes[depth] += parameter.count }
    let bySize = (1...depth.layers).sorted { (sizes[$1], $0) < (sizes[$0], $1) }
    let count = if case .drawn(let count) = kind { count } else { 1 }
    let choices: [Set<Int>] = [Set(bySize.prefix(count)), Set((1...depth.layers).prefix(count))]
    return Array(Set(choices)).map { trained(parameters, depth, layers: $0) }
  }
}
