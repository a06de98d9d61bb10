import Checkpoints
import Optimizers
import Support
import Tensors

/// Writes the second moments of all trained matrices after given steps, as `second-moments-<step>.safetensors`.
///
/// A rule that stores whole second moments, such as Adam, provides them. For any other rule, this class keeps the
/// moving average of squared, clipped gradients that Adam would keep.
final class SecondMomentCapture: OptimizerObserver {
  /// Decay of the averages that are kept here, the default of `torch.optim.AdamW`.
  private static let beta2 = 0.999

  private let steps: Set<Int>
  // Unowned, because the optimizer holds this observer.
  private unowned let optimizer: Optimizer
  /// Averages by parameter, for parameters whose rule stores no whole second moment.
  private var averages: [ObjectIdentifier: Tensor] = [:]

  /// - Throws: ``TrainingError/badSetting(origin:key:found:expected:)`` for a step that the run does not reach.
  init(_ setting: CaptureSetting, optimizer: Optimizer, totalSteps: Int) throws(TrainingError) {
    if let late = setting.steps.last(where: { $0 > totalSteps }) {
      throw .badSetting(
        origin: "--capture", key: "capture", found: "step \(late)",
        expected: "steps up to \(totalSteps), the run's last")
    }
    (steps, self.optimizer) = (Set(setting.steps), optimizer)
    for parameter in matrices where optimizer.secondMoment(of: parameter) == nil {
      averages[ObjectIdentifier(parameter)] = Tensor(zeros: parameter.shape)
    }
    optimizer.observers.append(self)
  }

  private var matrices: [Parameter] { optimizer.parameters.filter { $0.shape.count == 2 } }

  /// The averages, which a saved state of the run must hold too.
  var tensors: [(name: String, tensor: Tensor)] {
    matrices.compactMap { parameter in averages[ObjectIdentifier(parameter)].map { (parameter.name, $0) } }
  }

  /// The name of the file of a step.
  static func file(_ step: Int) -> String { "second-moments-\(step).safetensors" }

  /// The step of the file of a name; `nil` for other files.
  static func step(_ name: String) -> Int? {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    return parts.count == 3 ? Int(parts[2].prefix { $0 != "." }).flatMap { file($0) == name ? $0 : nil } : nil
  }

  func willUpdate(_ parameter: Parameter, gradient: Tensor, scale: Float, step: Int) {
    guard let average = averages[ObjectIdentifier(parameter)] else { return }
    let (kept, fresh) = (Float(SecondMomentCapture.beta2), Float(1 - SecondMomentCapture.beta2))
    ElementWise.forEachSlice(average.count) { start, count in
      let (v, g) = (average.pointer + start, gradient.pointer + start)
      for index in 0..<count {
        let value = scale * g[index]
        v[index] = kept * v[index] + fresh * value * value
      }
    }
  }

  /// Writes the file of a step after the step, if the setting lists that step.
  func write(after step: Int, to folder: String) throws(FileError) {
    guard steps.contains(step) else { return }
    let tensors = matrices.compactMap { parameter in
      (optimizer.secondMoment(of: parameter) ?? averages[ObjectIdentifier(parameter)]).map { (parameter.name, $0) }
    }
    let name = SecondMomentCapture.file(step)
    try FolderClaim.add(name, in: folder)
    try SafetensorsWriter.write(
      tensors, to: folder + "/" + name,
      metadata: [("format", "pt"), ("step", String(step)), ("optimizer", optimizer.specification.name)])
  }
}
