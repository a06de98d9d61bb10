import Optimizers
import Tensors

/// Everything that training takes: the memory that follows from the parameters and the memory that follows from the
/// batches.
package struct StepPlan: Sendable {
  package let memory: MemoryPlan
  package let pass: PassMemory
  /// The bytes of gradients that are ever written. An embedding table counts only the pages of the rows that the data
  /// look up.
  package let residentGradientsBytes: Int
  /// The bytes of optimizer state that are ever written, counted in the same way.
  package let residentStateBytes: Int

  /// - Throws: `OptimizerError` for an unknown optimizer or option.
  package init(
    _ model: ModelShape, optimizer: String, options: [(key: String, value: String)] = [], pass: PassMemory
  ) throws(OptimizerError) {
    memory = try MemoryPlan(model, optimizer: optimizer, options: options, heldGradients: pass.heldGradients)
    self.pass = pass
    let held = model.parameters.filter { pass.heldGradients?.contains($0.name) ?? true }
    residentGradientsBytes = held.reduce(0) { sum, parameter in
      let bytes = parameter.gradientByteCount
      guard let rows = pass.touchedRows[parameter.name] else { return sum + bytes }
      return sum + min(bytes, CommittedPages.bytes(rows: rows, rowBytes: bytes / max(1, parameter.shape[0])))
    }
    residentStateBytes = try OptimizerPlan(optimizer, options: options)
      .residentStateBytes(model.parameters, touchedRows: pass.touchedRows)
  }

  /// Parameters, gradients, activations and optimizer state at its largest, with every embedding table counted whole.
  package var totalBytes: Int { memory.totalBytes + pass.activationsBytes }

  /// The growth of the resident set from before the weights are loaded to its peak. Training and evaluation do not
  /// overlap, so the larger of the two counts.
  ///
  /// Batches of changing size leave free buffers in the ``BufferPool``. Its bound on them is counted in full.
  package var residentBytes: Int {
    BufferPool.bound(
      peak: memory.parametersBytes + residentGradientsBytes + residentStateBytes
        + max(pass.activationsBytes, pass.evaluationBytes))
  }

  /// The growth of the address space. It exceeds ``residentBytes`` because embedding tables are reserved whole.
  package var reservedBytes: Int {
    BufferPool.bound(peak: memory.totalBytes + max(pass.activationsBytes, pass.evaluationBytes))
  }
}
