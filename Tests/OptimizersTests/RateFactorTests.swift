import Optimizers
import Tensors
import TestSupport
import Testing

/// The factor of a parameter's rate reaches every rule: a step at half of the rate equals one with factor ½.
@Suite struct RateFactorTests {
  private func parameters() -> [Parameter] {
    [("a", ParameterRole.matrix, [6, 5]), ("b", .bias, [7]), ("e", .embedding, [9, 4])].enumerated().map {
      index, part in
      let (name, role, shape) = part
      let value = Tensor(uninitialized: shape)
      RandomGenerator(seed: 3, stream: UInt64(index)).fillNormal(value)
      return Parameter(name: name, role: role, value: value)
    }
  }

  private func steps(_ name: String, rate: Double, factor: Double) throws -> [[Float]] {
    let parameters = parameters()
    let optimizer = try Optimizer(
      name, parameters: parameters, weightDecay: 0.1, rateFactors: [factor, factor, 1], seed: 1, totalSteps: 3)
    for step in 0..<3 {
      for (index, parameter) in parameters.enumerated() {
        let gradient = Tensor(uninitialized: parameter.shape)
        RandomGenerator(seed: UInt64(20 + step), stream: UInt64(index)).fillNormal(gradient)
        parameter.setGradient(gradient)
      }
      try optimizer.takeStep(learningRate: rate)
    }
    return parameters.map(\.value.values)
  }

  @Test(arguments: OptimizerRegistry.names) func everyRule(_ name: String) throws {
    guard try OptimizerPlan(name).usesSchedule else { return }
    let (whole, half) = (try steps(name, rate: 1e-2, factor: 0.5), try steps(name, rate: 5e-3, factor: 1))
    #expect(whole[0] == half[0] && whole[1] == half[1] && whole[2] != half[2])
  }
}
