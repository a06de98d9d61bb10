extension Tape {
  /// `base + scale · x Wᵀ`, by which an adapter adds to the result of a linear layer.
  ///
  /// - Parameters:
  ///   - base: `[rows, out]`. Unless `keepsBase`, it is overwritten by this operation's result, so that nothing else may
  ///     read it.
  ///   - x: `[rows, in]`.
  ///   - weight: `[out, in]`.
  ///   - outputs: which outputs `base` holds; `nil` for all.
  /// - Returns: `[rows, out]`. Saves x.
  package func addLinear(
    to base: Variable, _ x: Variable, weight: Parameter, scale: Float, outputs: Range<Int>? = nil,
    keepsBase: Bool = false
  ) -> Variable {
    let (input, precision) = (x.value, precision)
    let outputs = outputs ?? 0..<weight.rows
    let (rows, inner, width) = (input.rows, input.columns, outputs.count)
    precondition(weight.columns == inner && base.value.rows == rows && base.value.columns == width)
    let start = outputs.lowerBound * inner
    let sum = keepsBase ? Tensor(uninitialized: base.value.shape) : base.value
    if keepsBase { sum.copyValues(from: base.value) }
    let values = weight.value
    MatrixProduct.product(
      m: rows, n: width, k: inner, alpha: scale, input.pointer, lda: inner, values.pointer + start, ldb: inner,
      transposeB: true, beta: 1, sum.pointer, ldc: width, precision: precision)
    let slots = (base: base.slot, x: x.slot)
    return record(sum, inputs: [base, x], parameters: [weight]) { gradient in
      if weight.isTrainable {
        let (sink, isFresh) = weight.denseGradient()
        if isFresh, width < weight.rows { sink.fill(0) }
        MatrixProduct.product(
          m: width, n: inner, k: rows, alpha: scale, gradient.pointer, lda: width, transposeA: true, input.pointer,
          ldb: inner, beta: isFresh && width == weight.rows ? 0 : 1, sink.pointer + start, ldc: inner,
          precision: precision)
      }
      slots.x?.accumulate([rows, inner]) { dX, beta in
        let values = weight.value
        MatrixProduct.product(
          m: rows, n: inner, k: width, alpha: scale, gradient.pointer, lda: width, values.pointer + start, ldb: inner,
          beta: beta, dX.pointer, ldc: inner, precision: precision)
      }
      // Last, because the slot may take the tensor and change it.
      slots.base?.add(gradient)
    }
  }
}
