import Optimizers
import Support
import Tensors
import Testing

/// Large parameters by themselves, small ones side by side, and nothing depends on it.
@Suite(.serialized) struct StepScheduleTests {
  private func parameters(_ sizes: [Int]) -> [Parameter] {
    sizes.enumerated().map { index, size in
      Parameter(name: "p\(index)", role: .matrix, value: Tensor(zeros: [size, 8]))
    }
  }

  private func withThreads<T>(_ count: Int, _ body: () throws -> T) rethrows -> T {
    let before = ThreadPool.shared.threads
    ThreadPool.shared.configure(threads: count)
    defer { ThreadPool.shared.configure(threads: before) }
    return try body()
  }

  @Test func everyParameterOnce() throws {
    try withThreads(2) {
      let sizes = [3, 900, 5, 40, 5, 200]
      let schedule = StepSchedule(parameters(sizes))
      #expect(schedule.shared == [1, 5])
      #expect(schedule.sideBySide == [3, 2, 4, 0])
      let seen = Locked<[Int]>([])
      try schedule.forEach { index throws(OptimizerError) in seen.withLock { $0.append(index) } }
      #expect(seen.withLock { $0.sorted() } == Array(sizes.indices))
    }
  }

  /// Of several failures the first parameter's is told, whichever thread met its own first.
  @Test func firstFailureIsTold() {
    withThreads(2) {
      let schedule = StepSchedule(parameters(Array(repeating: 4, count: 20)))
      for _ in 0..<20 {
        let error = #expect(throws: OptimizerError.self) {
          try schedule.forEach { index throws(OptimizerError) in
            if index % 3 == 2 { throw .badState(parameter: "p\(index)", reason: "") }
          }
        }
        guard case .badState("p2", _) = error else {
          Issue.record("told of \(String(describing: error))")
          continue
        }
      }
    }
  }

  /// Steps with observers are taken in order; without, side by side: the weights are the same. Ten of the matrices are
  /// large enough to be cut, and small enough among the others to be taken on one thread.
  @Test(arguments: OptimizerRegistry.names) func sameWeightsInOrder(_ name: String) throws {
    final class Silent: OptimizerObserver {}
    try withThreads(2) {
      var weights: [[[Float]]] = []
      for observed in [true, false] {
        let shapes: [(ParameterRole, [Int])] =
          (0..<10).map { (.matrix, $0 % 2 == 0 ? [256, 300] : [300, 257]) }
          + [(.matrix, [1500, 256]), (.bias, [700]), (.embedding, [90, 256]), (.norm, [256])]
        let parameters = shapes.enumerated().map { index, shape in
          let value = Tensor(uninitialized: shape.1)
          RandomGenerator(seed: 9, stream: UInt64(index)).fillNormal(value)
          return Parameter(name: "p\(index)", role: shape.0, value: value)
        }
        #expect(StepSchedule(parameters).shared == [10])
        let options = ["fira", "galore", "adapprox"].contains(name) ? [(key: "rank", value: "2")] : []
        let optimizer = try Optimizer(name, options: options, parameters: parameters, seed: 4)
        if observed { optimizer.observers = [Silent()] }
        for step in 1...3 {
          for (index, parameter) in parameters.enumerated() {
            let gradient = Tensor(uninitialized: parameter.shape)
            RandomGenerator(seed: UInt64(step), stream: UInt64(index)).fillNormal(gradient)
            parameter.setGradient(gradient)
          }
          try optimizer.takeStep(learningRate: 1e-3)
        }
        weights.append(parameters.map(\.value.values))
      }
      #expect(weights[0] == weights[1])
    }
  }
}
