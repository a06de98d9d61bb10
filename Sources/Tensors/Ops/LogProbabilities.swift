import CKernels
import Support

extension Tensor {
  /// For each row of `[rows, classes]`, the log softmax of one class, in nats, and whether no other class is higher.
  package func logProbabilities(of classes: [Int]) -> [(value: Double, isHighest: Bool)] {
    precondition(classes.count == rows && classes.allSatisfy { $0 >= 0 && $0 < columns })
    let (kernels, width) = (ElementWise.kernels, columns)
    let found = UnsafeMutablePointer<(value: Double, isHighest: Bool)>.allocate(capacity: max(1, rows))
    defer { found.deallocate() }
    ThreadPool.shared.parallel(count: rows, grain: Grain.rows(width: width)) { range in
      let slope = Tensor(uninitialized: [width])
      for row in range {
        let logits = pointer + row * width
        let own = logits[classes[row]]
        let loss = kernels.cross_entropy(logits, classes[row], 1, slope.pointer, width)
        found[row] = (-loss, !(0..<width).contains { logits[$0] > own })
      }
    }
    return (0..<rows).map { found[$0] }
  }
}
