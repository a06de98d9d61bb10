import CKernels
import Support

extension Tape {
  /// Sum of `−log softmax(logits)[label]` over the rows, divided by `count`.
  ///
  /// - Parameters:
  ///   - logits: `[rows, classes]`.
  ///   - labels: one class for each row; a negative one leaves the row out (transformers' −100).
  ///   - count: what the sum is divided by: the labelled rows of the whole accumulation window, not of this batch.
  /// - Returns: a scalar, in nats.
  public func crossEntropy(_ logits: Variable, labels: [Int], count: Int) -> Variable {
    let (rows, classes, input) = (logits.value.rows, logits.value.columns, logits.value)
    precondition(labels.count == rows && labels.allSatisfy { $0 < classes })
    let (kernels, scale) = (ElementWise.kernels, 1 / Float(count))
    let slope = Tensor(uninitialized: input.shape)
    let losses = UnsafeMutablePointer<Double>.allocate(capacity: rows)
    defer { losses.deallocate() }
    ThreadPool.shared.parallel(count: rows, grain: max(1, 16_384 / classes)) { range in
      for row in range {
        let target = slope.pointer + row * classes
        if labels[row] < 0 {
          losses[row] = 0
          target.update(repeating: 0, count: classes)
        } else {
          losses[row] = kernels.cross_entropy(input.pointer + row * classes, labels[row], scale, target, classes)
        }
      }
    }
    let total = (0..<rows).reduce(0.0) { $0 + losses[$1] }
    return record(Tensor([Float(total / Double(count))], shape: []), inputs: [logits]) { gradient in
      if gradient.pointer[0] != 1 { ElementWise.scale(slope, by: gradient.pointer[0]) }
      logits.addGradient(slope)
    }
  }

  /// Sum of squared differences over `predictions` (`[rows, 1]` or `[rows]`), divided by `count`.
  public func meanSquaredError(_ predictions: Variable, targets: [Float], count: Int) -> Variable {
    let input = predictions.value
    precondition(targets.count == input.count)
    var total = 0.0
    let slope = Tensor(uninitialized: input.shape)
    for (index, target) in targets.enumerated() {
      let difference = input.pointer[index] - target
      total += Double(difference) * Double(difference)
      slope.pointer[index] = 2 * difference / Float(count)
    }
    return record(Tensor([Float(total / Double(count))], shape: []), inputs: [predictions]) { gradient in
      ElementWise.scale(slope, by: gradient.pointer[0])
      predictions.addGradient(slope)
    }
  }
}
