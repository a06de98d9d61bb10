import Support

extension Tape {
  /// The cross-entropy of `x Wᵀ`, as ``crossEntropy(_:labels:mass:count:)`` of a linear layer, for a layer with so many
  /// outputs that keeping all of them costs more than everything else: a language model's.
  ///
  /// The logits of some rows at a time are computed, used and overwritten by the next. What they are needed for in the
  /// backward pass, the gradients of `x` and of the weight, is therefore computed here. So a tape that holds this loss
  /// must be differentiated from it, once and unscaled, or the gradient of the weight is wrong.
  ///
  /// - Parameters:
  ///   - x: `[rows, in]`.
  ///   - weight: `[classes, in]`.
  ///   - labels: one class for each row; a negative one leaves the row out.
  ///   - count: as for ``crossEntropy(_:labels:mass:count:)``.
  /// - Returns: a scalar, in nats.
  package func linearCrossEntropy(
    _ x: Variable, weight: Parameter, labels: [Int], mass: TargetMass = .plain, count: Double
  ) -> Variable {
    let (input, classes, inner) = (x.value, weight.rows, x.value.columns)
    precondition(weight.columns == inner && labels.count == input.rows && labels.allSatisfy { $0 < classes })
    let losses = CrossEntropyRows(classes: classes, mass: mass, count: count)
    let trains = isTraining && weight.isTrainable
    let dX = isTraining && x.needsGradient ? Tensor(uninitialized: input.shape) : nil
    var total = 0.0
    let most = max(16, Tape.logitBytes / (ElementType.float32.size * max(1, classes)))
    let parts = (input.rows + most - 1) / most
    // Without rows the gradient is zero, and not absent.
    if trains, parts == 0 { weight.accumulate { _ in } }
    let values = weight.value
    defer { withExtendedLifetime(values) {} }
    for part in 0..<parts {
      let range = input.rows * part / parts..<input.rows * (part + 1) / parts
      let (start, rows) = (range.lowerBound * inner, range.count)
      let logits = Tensor(uninitialized: [rows, classes])
      MatrixProduct.product(
        m: rows, n: classes, k: inner, input.pointer + start, lda: inner, values.pointer, ldb: inner,
        transposeB: true, logits.pointer, ldc: classes, precision: precision)
      let slope = Tensor(uninitialized: logits.shape)
      losses.add(logits, labels: labels[range], slope: slope, to: &total)
      if trains {
        let (gradient, isFresh) = weight.denseGradient()
        MatrixProduct.product(
          m: classes, n: inner, k: rows, slope.pointer, lda: classes, transposeA: true, input.pointer + start,
          ldb: inner, beta: isFresh ? 0 : 1, gradient.pointer, ldc: inner, precision: precision)
      }
      if let dX {
        MatrixProduct.product(
          m: rows, n: inner, k: classes, slope.pointer, lda: classes, values.pointer, ldb: inner,
          dX.pointer + start, ldc: inner, precision: precision)
      }
    }
    let slot = x.slot
    return record(Tensor([Float(total / count)], shape: []), inputs: [x], parameters: [weight]) { gradient in
      precondition(DryRun.isOn || gradient.pointer[0] == 1, "the gradients were computed for a loss that is not scaled")
      if let dX { slot?.add(dX) }
    }
  }

  /// The memory of the logits that are computed at a time, which the buffer pool keeps. The gradient of the weight is
  /// read and written once for each part, so a smaller part is slower.
  private static let logitBytes = 48 << 20
}
