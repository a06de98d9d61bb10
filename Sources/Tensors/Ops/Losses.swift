import CKernels
import Support

extension Tape {
  /// Sum of `−log softmax(logits)[label]` over the rows, smoothed and weighted as `mass` says, divided by `count`.
  ///
  /// - Parameters:
  ///   - logits: `[rows, classes]`.
  ///   - labels: one class for each row; a negative one leaves the row out (transformers' −100).
  ///   - count: the sum of the weights of the labelled rows in the whole gradient-accumulation window, not in this
  ///     batch. Without class weights, it is the number of these rows.
  /// - Returns: a scalar, in nats.
  package func crossEntropy(_ logits: Variable, labels: [Int], mass: TargetMass = .plain, count: Double) -> Variable {
    let (classes, input) = (logits.value.columns, logits.value)
    precondition(labels.count == input.rows && labels.allSatisfy { $0 < classes })
    let slope = Tensor(uninitialized: input.shape)
    var total = 0.0
    let rows = CrossEntropyRows(classes: classes, mass: mass, count: count)
    rows.add(input, labels: labels[...], slope: slope, to: &total)
    let slot = logits.slot
    return record(Tensor([Float(total / count)], shape: []), inputs: [logits]) { gradient in
      if gradient.pointer[0] != 1 { ElementWise.scale(slope, by: gradient.pointer[0]) }
      slot?.add(slope)
    }
  }

  /// Sum of squared differences over `predictions` (`[rows, 1]` or `[rows]`), divided by `count`.
  package func meanSquaredError(_ predictions: Variable, targets: [Float], count: Double) -> Variable {
    let input = predictions.value
    precondition(targets.count == input.count)
    var total = 0.0
    let slope = Tensor(uninitialized: input.shape)
    for (index, target) in targets.enumerated() {
      let difference = input.pointer[index] - target
      total += Double(difference) * Double(difference)
      slope.pointer[index] = 2 * difference / Float(count)
    }
    let slot = predictions.slot
    return record(Tensor([Float(total / count)], shape: []), inputs: [predictions]) { gradient in
      ElementWise.scale(slope, by: gradient.pointer[0])
      slot?.add(slope)
    }
  }

  /// Sum of `−log softmax(one column of a group of rows)[label]` over the groups, smoothed as `mass` says, divided by
  /// `count`.
  ///
  /// This is the loss of heads whose classes are rows, such as the tokens where an answer may start, or the choices of
  /// an example.
  ///
  /// - Parameters:
  ///   - scores: `[rows, columns]`; only `column` is read.
  ///   - offsets: first row of each group, and the row count at the end; groups may differ in size.
  ///   - labels: the right row of each group, counted from the group's first row; a negative one leaves the group out.
  ///   - mass: has no class weights, because a row of a group is no class.
  ///   - count: the number of labelled groups in the whole gradient-accumulation window.
  package func groupCrossEntropy(
    _ scores: Variable, column: Int = 0, offsets: [Int], labels: [Int], mass: TargetMass = .plain, count: Double
  ) -> Variable {
    let (input, width) = (scores.value, scores.value.columns)
    precondition(offsets.count == labels.count + 1 && offsets.last == input.rows && column < width)
    precondition(mass.classWeights == nil)
    let (kernels, scale, slope) = (ElementWise.kernels, Float(1 / count), Tensor(zeros: input.shape))
    var total = 0.0
    for (group, label) in labels.enumerated() where label >= 0 {
      let rows = offsets[group]..<offsets[group + 1]
      precondition(label < rows.count)
      let values = rows.map { input.pointer[$0 * width + column] }
      var slopes = [Float](repeating: 0, count: rows.count)
      if mass == .plain {
        total += kernels.cross_entropy(values, label, scale, &slopes, rows.count)
      } else {
        let rest = mass.rest(classes: rows.count)
        total += kernels.soft_cross_entropy(
          values, label, mass.own(of: label), rest.each, rest.sum, scale, &slopes, rows.count)
      }
      for (row, value) in zip(rows, slopes) { slope.pointer[row * width + column] = value }
    }
    let slot = scores.slot
    return record(Tensor([Float(total / count)], shape: []), inputs: [scores]) { gradient in
      if gradient.pointer[0] != 1 { ElementWise.scale(slope, by: gradient.pointer[0]) }
      slot?.add(slope)
    }
  }
}

/// The cross-entropy of rows of logits, and its gradient.
struct CrossEntropyRows {
  private let classes: Int
  private let mass: TargetMass
  private let scale: Float
  private let rest: (each: [Float], sum: Double)?

  init(classes: Int, mass: TargetMass, count: Double) {
    (self.classes, self.mass, scale) = (classes, mass, Float(1 / count))
    rest = mass == .plain ? nil : mass.rest(classes: classes)
  }

  /// Adds the losses of the rows to `total`, in their order, and overwrites `slope` with the gradient of their mean.
  func add(_ logits: Tensor, labels: ArraySlice<Int>, slope: Tensor, to total: inout Double) {
    let (rows, kernels) = (logits.rows, ElementWise.kernels)
    let losses = UnsafeMutablePointer<Double>.allocate(capacity: rows)
    defer { losses.deallocate() }
    ThreadPool.shared.parallel(count: rows, grain: Grain.rows(width: classes)) { range in
      for row in range {
        let (label, source) = (labels[labels.startIndex + row], logits.pointer + row * classes)
        let target = slope.pointer + row * classes
        if label < 0 {
          losses[row] = 0
          target.update(repeating: 0, count: classes)
        } else if let rest {
          losses[row] = kernels.soft_cross_entropy(
            source, label, mass.own(of: label), rest.each, rest.sum, scale, target, classes)
        } else {
          losses[row] = kernels.cross_entropy(source, label, scale, target, classes)
        }
      }
    }
    guard !DryRun.isOn else { return }
    for row in 0..<rows { total += losses[row] }
  }
}
