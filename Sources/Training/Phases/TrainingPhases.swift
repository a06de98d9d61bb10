import Models
import Optimizers
import Tensors

/// What a method changes from time to time while a run goes on. A phase is a number of consecutive steps.
package protocol TrainingPhases {
  /// The steps of a phase.
  var interval: Int { get }
  /// The parameters that a step may have changed, which a saved state of the run must hold.
  func changing(_ parameters: [Parameter]) -> [Parameter]
  /// Sets which parameters are trained in a phase, and nothing else.
  func select(_ phase: Int, _ parameters: [Parameter])
  /// Does what comes between the phase before and this one, which is selected.
  func begin(_ phase: Int, _ model: any Model, _ optimizer: Optimizer)
  /// The learning rate of a step, from what the schedule gives for each.
  func rate(_ step: Int, of schedule: (Int) -> Double) -> Double
}

extension TrainingPhases {
  /// The phase of a step, both from 1 for steps and from 0 for phases.
  package func phase(of step: Int) -> Int { max(0, step - 1) / interval }

  package func changing(_ parameters: [Parameter]) -> [Parameter] { parameters }
  package func select(_ phase: Int, _ parameters: [Parameter]) {}
  package func begin(_ phase: Int, _ model: any Model, _ optimizer: Optimizer) {}
  package func rate(_ step: Int, of schedule: (Int) -> Double) -> Double { schedule(step) }
}
