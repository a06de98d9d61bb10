import Checkpoints
import Models
import Optimizers
import Support
import Tensors

/// The tensors of a state: the trained parameters, the optimizer's tensors, and the averages of a capture.
///
/// Parameters that are not trained are the checkpoint's, whose digest a resumed run checks, or are made from the seed.
struct StateTensors {
  let trainer: Trainer
  let capture: SecondMomentCapture?

  private static let weights = "weights.safetensors"
  private static let optimizerState = "optimizer.safetensors"
  private static let averages = "capture.safetensors"

  private var parameters: [Parameter] { trainer.changing }

  /// Writes the tensors into a state's folder.
  ///
  /// - Throws: `FileError`.
  func write(to folder: String) throws(FileError) {
    try SafetensorsWriter.write(
      parameters.map { (name: $0.name, tensor: $0.stored) }, to: folder + "/" + StateTensors.weights)
    // Numbers come before bytes, so that they are aligned and can be used where the file is mapped.
    let tensors = trainer.optimizer.stateTensors
    try SafetensorsWriter.write(
      tensors.filter { $0.tensor.type == .float32 } + tensors.filter { $0.tensor.type != .float32 },
      to: folder + "/" + StateTensors.optimizerState)
    if let averages = capture?.tensors, !averages.isEmpty {
      try SafetensorsWriter.write(averages, to: folder + "/" + StateTensors.averages)
    }
  }

  /// Reads the tensors of a state.
  ///
  /// - Parameter scalars: the optimizer's step and scalars.
  /// - Throws: `FileError`, `CheckpointError` or `OptimizerError` for a state that does not fit this model and optimizer.
  func read(from folder: String, scalars: JSON) throws {
    let weights = try SafetensorsFile(path: folder + "/" + StateTensors.weights)
    for parameter in parameters {
      parameter.own()
      try parameter.setValue { try weights.read(parameter.name, into: $0, finite: true) }
    }
    let state = try SafetensorsFile(path: folder + "/" + StateTensors.optimizerState)
    try trainer.optimizer.restore(scalars: scalars, tensors: state.entries.map { ($0.name, try state.anyMapped($0)) })
    guard let averages = capture?.tensors, !averages.isEmpty else { return }
    let file = try SafetensorsFile(path: folder + "/" + StateTensors.averages)
    for (name, tensor) in averages { try file.read(name, into: tensor) }
  }
}
