import Optimizers
import Tensors

/// Everything that training takes: what the parameters need, and what the batches need.
package struct StepPlan: Sendable {
  package let memory: MemoryPlan
  package let pass: PassMemory
  /// Of gradients and state, what is ever written: tables are trained only in the rows that the data look up.
  package let residentGradientsBytes: Int
  package let residentStateBytes: Int

  /// - Throws: `OptimizerError` for an unknown optimizer or option.
  package init(
    _ model: ModelShape, optimizer: String, options: [(key: String, value: String)] = [], pass: PassMemory
  ) throws(OptimizerError) {
    memory = try MemoryPlan(model, optimizer: optimizer, options: options)
    self.pass = pass
    residentGradientsBytes = model.parameters.reduce(0) { sum, parameter in
      let bytes = parameter.gradientByteCount
      guard let rows = pass.touchedRows[parameter.name] else { return sum + bytes }
      return sum + min(bytes, CommittedPages.bytes(rows: rows, rowBytes: bytes / max(1, parameter.shape[0])))
    }
    residentStateBytes = try OptimizerPlan(optimizer, options: options)
      .residentStateBytes(model.parameters, touchedRows: pass.touchedRows)
  }

  /// Parameters, gradients, state at its largest and activations, every table whole.
  package var totalBytes: Int { memory.totalBytes + pass.activationsBytes }

  /// What the resident set grows by from before the weights are loaded; evaluation takes the place of activations.
  ///
  /// Batches of changing size leave free buffers behind, which are kept for the next up to a bound: counted in full.
  package var residentBytes: Int {
    BufferPool.bound(
      peak: memory.parametersBytes + residentGradientsBytes + residentStateBytes
        + max(pass.activationsBytes, pass.evaluationBytes))
  }

  /// What the address space grows by: tables are reserved whole.
  package var reservedBytes: Int {
    BufferPool.bound(peak: memory.totalBytes + max(pass.activationsBytes, pass.evaluationBytes))
  }
}
