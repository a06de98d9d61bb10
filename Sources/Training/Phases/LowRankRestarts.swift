import Models
import Optimizers
import Tensors

/// Low-rank adapters that are added to their weights from time to time and begin anew, so that the sum of many of them
/// may have any rank (ReLoRA; Lialin et al., 2024).
package struct LowRankRestarts: TrainingPhases {
  let lora: LoRA
  package let interval: Int
  /// The steps after each restart in which the learning rate rises again.
  let warmup: Int
  /// The part of the optimizer's moments that a restart sets to 0, the smallest first; 1 for new states.
  let forgotten: Double
  let seed: UInt64

  package init(lora: LoRA, interval: Int, warmup: Int, forgotten: Double, seed: UInt64) {
    (self.lora, self.interval, self.warmup) = (lora, interval, warmup)
    (self.forgotten, self.seed) = (forgotten, seed)
  }

  package func changing(_ parameters: [Parameter]) -> [Parameter] {
    let adapted = Set(lora.adapted(parameters).map { ObjectIdentifier($0.weight) })
    return parameters.filter { $0.isTrainable || adapted.contains(ObjectIdentifier($0)) }
  }

  package func begin(_ phase: Int, _ model: any Model, _ optimizer: Optimizer) {
    guard phase > 0 else { return }
    lora.restart(model.parameters, seed: seed ^ RandomGenerator(seed: 0).stream("restart", UInt64(phase)).stream)
    optimizer.forget(forgotten, of: model.parameters.filter(\.layout.isAdapter))
  }

  /// After a restart the rate rises from 0 to where the schedule then is (the paper's jagged schedule).
  package func rate(_ step: Int, of schedule: (Int) -> Double) -> Double {
    let (phase, position) = ((step - 1) / interval, (step - 1) % interval)
    guard phase > 0, position < warmup else { return schedule(step) }
    return schedule(step - position + warmup) * Double(position) / Double(warmup)
  }
}
