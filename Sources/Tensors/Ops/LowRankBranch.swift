extension Tape {
  /// `base + scale · (x Aᵀ) Bᵀ`, what a low-rank adapter adds to a linear layer (Hu et al., 2022, equation 3).
  ///
  /// - Parameters:
  ///   - base: the layer's result, `[rows, out]`. It is overwritten by this operation's result, so nothing else may read
  ///     it.
  ///   - x: what the adapter reads, `[rows, in]`.
  ///   - a: `[rank, in]`.
  ///   - b: `[out, rank]`.
  ///   - outputs: which outputs `base` holds; `nil` for all.
  /// - Returns: `[rows, out]`. Saves x and the `[rows, rank]` product x Aᵀ.
  package func addLowRank(
    to base: Variable, _ x: Variable, a: Parameter, b: Parameter, scale: Float, outputs: Range<Int>? = nil
  ) -> Variable {
    let (input, sum, precision) = (x.value, base.value, precision)
    let (rows, inner, rank) = (input.rows, input.columns, a.rows)
    let outputs = outputs ?? 0..<b.rows
    precondition(a.columns == inner && b.columns == rank && sum.rows == rows && sum.columns == outputs.count)
    let (width, start) = (outputs.count, outputs.lowerBound * rank)
    let narrow = Tensor(uninitialized: [rows, rank])
    let (down, up) = (a.value, b.value)
    MatrixProduct.product(
      m: rows, n: rank, k: inner, input.pointer, lda: inner, down.pointer, ldb: inner, transposeB: true,
      narrow.pointer, ldc: rank, precision: precision)
    MatrixProduct.product(
      m: rows, n: width, k: rank, alpha: scale, narrow.pointer, lda: rank, up.pointer + start, ldb: rank,
      transposeB: true, beta: 1, sum.pointer, ldc: width, precision: precision)
    let slots = (base: base.slot, x: x.slot)
    return record(sum, inputs: [base, x], parameters: [a, b]) { gradient in
      if b.isTrainable {
        let (sink, isFresh) = b.denseGradient()
        if isFresh, width < b.rows { sink.fill(0) }
        MatrixProduct.product(
          m: width, n: rank, k: rows, alpha: scale, gradient.pointer, lda: width, transposeA: true, narrow.pointer,
          ldb: rank, beta: isFresh && width == b.rows ? 0 : 1, sink.pointer + start, ldc: rank, precision: precision)
      }
      if a.isTrainable || slots.x != nil {
        let dNarrow = Tensor(uninitialized: [rows, rank])
        MatrixProduct.product(
          m: rows, n: rank, k: width, alpha: scale, gradient.pointer, lda: width, up.pointer + start, ldb: rank,
          dNarrow.pointer, ldc: rank, precision: precision)
        if a.isTrainable {
          let (sink, isFresh) = a.denseGradient()
          MatrixProduct.product(
            m: rank, n: inner, k: rows, dNarrow.pointer, lda: rank, transposeA: true, input.pointer, ldb: inner,
            beta: isFresh ? 0 : 1, sink.pointer, ldc: inner, precision: precision)
        }
        slots.x?.accumulate([rows, inner]) { dX, beta in
          MatrixProduct.product(
            m: rows, n: inner, k: rank, dNarrow.pointer, lda: rank, down.pointer, ldb: inner, beta: beta, dX.pointer,
            ldc: inner, precision: precision)
        }
      }
      // Last, because the slot may take the tensor and change it.
      slots.base?.add(gradient)
    }
  }
}
