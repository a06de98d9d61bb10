import Foundation
import Support
import Tensors
import TestSupport
import Testing

@Suite(.serialized) struct OperationTests {
  @Test(arguments: [(1, 3, 5), (7, 5, 3), (33, 17, 20)], Activation.allCases)
  func linear(_ size: (rows: Int, width: Int, out: Int), activation: Activation) throws {
    let (rows, width, out) = size
    try GradientCheck(inputs: [[rows, width]], parameters: [[out, width], [out]]).run { values in
      let sums = naiveLinear(values[0], values[1], m: rows, n: out, k: width)
      return sums.enumerated().map { index, sum in
        let x = sum + values[2][index % out]
        switch activation {
        case .none: return x
        case .gelu: return x * 0.5 * (1 + erf(x / 2.0.squareRoot()))
        case .geluTanh: return 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        }
      }
    } ours: { tape, inputs, parameters in
      tape.linear(inputs[0], weight: parameters[0], bias: parameters[1], activation: activation)
    }
  }

  @Test func linearStoredInOut() throws {
    try GradientCheck(inputs: [[5, 6]], parameters: [[6, 4]]).run { values in
      let transposed = (0..<24).map { values[1][$0 % 6 * 4 + $0 / 6] }
      return naiveLinear(values[0], transposed, m: 5, n: 4, k: 6)
    } ours: { tape, inputs, parameters in
      tape.linear(inputs[0], weight: parameters[0], layout: .inOut)
    }
  }

  /// Some outputs of a fused projection alone, then the others: together they are the whole layer.
  @Test(arguments: [WeightLayout.outIn, .inOut]) func someOutputs(_ layout: WeightLayout) throws {
    let shape = layout == .outIn ? [7, 6] : [6, 7]
    for ranges in [[0..<3, 3..<7], [2..<3]] {
      try GradientCheck(inputs: [[5, 6]], parameters: [shape, [7]]).run { values in
        let outIn =
          layout == .outIn ? values[1] : (0..<42).map { values[1][$0 % 6 * 7 + $0 / 6] }
        let all = naiveLinear(values[0], outIn, m: 5, n: 7, k: 6)
        return ranges.flatMap { range in
          (0..<5).flatMap { row in range.map { all[row * 7 + $0] + values[2][$0] } }
        }
      } ours: { tape, inputs, parameters in
        let parts = ranges.map {
          tape.linear(inputs[0], weight: parameters[0], bias: parameters[1], layout: layout, outputs: $0)
        }
        return tape.joined(parts)
      }
    }
  }

  @Test(arguments: [(1, 1), (1, 8), (5, 37), (9, 64)]) func layerNorm(_ size: (rows: Int, width: Int)) throws {
    let (rows, width) = size
    try GradientCheck(inputs: [[rows, width]], parameters: [[width], [width]]).run { values in
      (0..<rows).flatMap { row -> [Double] in
        let x = Array(values[0][row * width..<(row + 1) * width])
        let mean = x.reduce(0, +) / Double(width)
        let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
        return x.indices.map { (x[$0] - mean) / (variance + 1e-3).squareRoot() * values[1][$0] + values[2][$0] }
      }
    } ours: { tape, inputs, parameters in
      tape.layerNorm(inputs[0], weight: parameters[0], bias: parameters[1], eps: 1e-3)
    }
  }

  @Test(arguments: [(1, 1), (4, 20), (6, 65)]) func rmsNorm(_ size: (rows: Int, width: Int)) throws {
    let (rows, width) = size
    try GradientCheck(inputs: [[rows, width]], parameters: [[width]]).run { values in
      (0..<rows).flatMap { row -> [Double] in
        let x = Array(values[0][row * width..<(row + 1) * width])
        let square = x.reduce(0) { $0 + $1 * $1 } / Double(width)
        return x.indices.map { x[$0] / (square + 1e-3).squareRoot() * values[1][$0] }
      }
    } ours: { tape, inputs, parameters in
      tape.rmsNorm(inputs[0], weight: parameters[0], eps: 1e-3)
    }
  }

  @Test func embeddingWithSharedRows() throws {
    let (words, types): ([Int32], [Int32]) = ([3, 0, 3, 5, 3], [1, 0, 1, 1, 0])
    try GradientCheck(inputs: [], parameters: [[7, 18], [2, 18]]).run { values in
      words.indices.flatMap { token in
        (0..<18).map { values[0][Int(words[token]) * 18 + $0] + values[1][Int(types[token]) * 18 + $0] }
      }
    } ours: { tape, _, parameters in
      tape.embedding([(parameters[0], words), (parameters[1], types)])
    }
  }

  /// An embedding's gradient names the rows it touches, and clearing it leaves zeros.
  @Test func embeddingRows() throws {
    let table = Parameter(name: "table", role: .embedding, value: Tensor(zeros: [6, 4]))
    for rows: [Int32] in [[1, 4, 1], [2]] {
      let tape = Tape(isTraining: true)
      let output = tape.embedding([(table, rows)])
      let ones = Tensor(uninitialized: output.value.shape)
      ones.fill(1)
      tape.backward(from: output, gradient: ones)
      let gradient = try #require(table.gradient).values
      for row in 0..<6 {
        let count = Float(rows.count { Int($0) == row })
        #expect(Array(gradient[row * 4..<row * 4 + 4]) == Array(repeating: count, count: 4))
        #expect(table.touchedRows?.contains(row) == (count > 0))
      }
      table.clearGradient()
    }
  }

  /// A gradient is announced once, when its last use on this tape is differentiated, whatever other tapes did before.
  @Test func gradientsAreAnnouncedByTheirTape() {
    let (first, second) = (
      Parameter(name: "first", role: .matrix, value: Tensor(zeros: [4, 4])),
      Parameter(name: "second", role: .matrix, value: Tensor(zeros: [4, 4]))
    )
    func forward(_ tape: Tape) -> Variable {
      [first, second, first].reduce(tape.input(Tensor(zeros: [2, 4]))) { tape.linear($0, weight: $1) }
    }
    // One that is dropped before its backward pass, and one that is still to come.
    _ = forward(Tape(isTraining: true))
    let waiting = Tape(isTraining: true)
    let output = forward(waiting)
    for (tape, output) in [Tape(isTraining: true)].map({ ($0, forward($0)) }) + [(waiting, output)] {
      var announced: [String] = []
      tape.backward(from: output, gradient: Tensor(zeros: [2, 4])) { announced.append($0.name) }
      #expect(announced == ["second", "first"])
    }
  }

  @Test func gatherTakesRowsTwice() throws {
    try GradientCheck(inputs: [[4, 3]]).run { values in
      [2, 0, 2].flatMap { row in (0..<3).map { values[0][row * 3 + $0] } }
    } ours: { tape, inputs, _ in
      tape.gatherRows(inputs[0], rows: [2, 0, 2])
    }
  }

  @Test(arguments: [1, 17, 100]) func pointwise(_ count: Int) throws {
    try GradientCheck(inputs: [[count], [count]]).run { values in
      zip(values[0], values[1]).map { $0 + $1 }
    } ours: { tape, inputs, _ in
      tape.add(inputs[0], inputs[1])
    }
    try GradientCheck(inputs: [[count]]).run { values in
      values[0].map { tanh($0) }
    } ours: { tape, inputs, _ in
      tape.tanh(inputs[0])
    }
    try GradientCheck(inputs: [[count], [count]]).run { values in
      zip(values[0], values[1]).map { $0 / (1 + exp(-$0)) * $1 }
    } ours: { tape, inputs, _ in
      tape.siluGate(inputs[0], inputs[1])
    }
  }

  /// A variable used twice gets both gradients.
  @Test func gradientsAdd() throws {
    try GradientCheck(inputs: [[5]]).run { values in
      values[0].map { $0 + tanh($0) + $0 }
    } ours: { tape, inputs, _ in
      tape.add(tape.add(inputs[0], tape.tanh(inputs[0])), inputs[0])
    }
  }

  @Test func crossEntropyLeavesOutUnlabelled() throws {
    let labels = [2, -100, 0, 4]
    try GradientCheck(inputs: [[4, 5]]).run { values in
      let total = labels.enumerated().reduce(0.0) { total, entry in
        guard entry.element >= 0 else { return total }
        let row = values[0][entry.offset * 5..<entry.offset * 5 + 5]
        return total + log(row.reduce(0) { $0 + exp($1) }) - values[0][entry.offset * 5 + entry.element]
      }
      return [total / 6]
    } ours: { tape, inputs, _ in
      tape.crossEntropy(inputs[0], labels: labels, count: 6)
    }
  }

  /// The target is spread as torch's documentation of CrossEntropyLoss says.
  @Test(arguments: [0, 0.1, 1], [nil, [0.5, 2, 1, 0.25, 3]] as [[Float]?])
  func crossEntropySmoothedAndWeighted(_ smoothing: Double, weights: [Float]?) throws {
    let labels = [2, -100, 0, 4]
    let mass = TargetMass(smoothing: smoothing, classWeights: weights)
    let w = weights.map { $0.map(Double.init) } ?? Array(repeating: 1, count: 5)
    let count = labels.reduce(0) { $0 + mass.weight(of: $1) }
    #expect(count == (weights == nil ? 3 : 4.5))
    try GradientCheck(inputs: [[4, 5]]).run { values in
      var total = 0.0
      for (row, label) in labels.enumerated() where label >= 0 {
        let x = values[0][row * 5..<row * 5 + 5].map { $0 }
        let logSum = log(x.reduce(0) { $0 + exp($1) })
        total += (1 - smoothing) * w[label] * (logSum - x[label])
        for (c, value) in x.enumerated() { total += smoothing / 5 * w[c] * (logSum - value) }
      }
      return [total / count]
    } ours: { tape, inputs, _ in
      tape.crossEntropy(inputs[0], labels: labels, mass: mass, count: count)
    }
  }

  @Test func groupCrossEntropySmoothed() throws {
    let (offsets, labels) = ([0, 2, 5, 6], [1, 0, -100])
    try GradientCheck(inputs: [[6, 2]]).run { values in
      var total = 0.0
      for (group, label) in labels.enumerated() where label >= 0 {
        let x = (offsets[group]..<offsets[group + 1]).map { values[0][$0 * 2 + 1] }
        let logSum = log(x.reduce(0) { $0 + exp($1) })
        total += 0.8 * (logSum - x[label]) + x.reduce(0) { $0 + 0.2 / Double(x.count) * (logSum - $1) }
      }
      return [total / 2]
    } ours: { tape, inputs, _ in
      tape.groupCrossEntropy(
        inputs[0], column: 1, offsets: offsets, labels: labels, mass: TargetMass(smoothing: 0.2), count: 2)
    }
  }

  @Test func meanSquaredError() throws {
    try GradientCheck(inputs: [[3, 1]]).run { values in
      let targets: [Double] = [1, -2, 0.5]
      let squares = targets.indices.map { (values[0][$0] - targets[$0]) * (values[0][$0] - targets[$0]) }
      return [squares.reduce(0, +) / 4]
    } ours: { tape, inputs, _ in
      tape.meanSquaredError(inputs[0], targets: [1, -2, 0.5], count: 4)
    }
  }

  @Test func rotary() throws {
    let (frequencies, positions): ([Double], [Int32]) = ([1, 0.1, 0.01], [0, 5, 17])
    try GradientCheck(inputs: [[3, 12]]).run { values in
      var result = values[0]
      for (token, position) in positions.enumerated() {
        for head in 0..<2 {
          for (pair, frequency) in frequencies.enumerated() {
            let (i, angle) = (token * 12 + head * 6 + pair, Double(position) * frequency)
            let (a, b) = (values[0][i], values[0][i + 3])
            result[i] = a * cos(angle) - b * sin(angle)
            result[i + 3] = b * cos(angle) + a * sin(angle)
          }
        }
      }
      return result
    } ours: { tape, inputs, _ in
      tape.rotary(inputs[0], positions: positions, table: RotaryTable(inverseFrequencies: frequencies, positions: 32))
    }
  }

  /// One token, very different lengths, grouped heads, odd head sizes.
  @Test(
    arguments: [[1], [1, 9, 2], [17, 1, 3]],
    [
      AttentionShape(heads: 3, keyValueHeads: 3, headSize: 5, isCausal: false),
      AttentionShape(heads: 4, keyValueHeads: 2, headSize: 6, isCausal: true),
      AttentionShape(heads: 3, keyValueHeads: 1, headSize: 7, isCausal: true),
    ])
  func attention(_ lengths: [Int], shape: AttentionShape) throws {
    var offsets = [0]
    for length in lengths { offsets.append(offsets[offsets.count - 1] + length) }
    let (tokens, size) = (offsets[offsets.count - 1], shape.headSize)
    let (width, keyWidth) = (shape.heads * size, shape.keyValueHeads * size)
    try GradientCheck(inputs: [[tokens, width], [tokens, keyWidth], [tokens, keyWidth]]).run { values in
      OperationTests.naiveAttention(values, offsets, shape)
    } ours: { tape, inputs, _ in
      tape.attention(query: inputs[0], key: inputs[1], value: inputs[2], offsets: offsets, shape: shape)
    }
  }

  /// Only some tokens ask, one sequence has none of them, and all keys and values have their gradients.
  @Test(
    arguments: [[0, 2, 3], [5, 10], [1, 9, 10, 11]],
    [
      AttentionShape(heads: 3, keyValueHeads: 3, headSize: 5, isCausal: false),
      AttentionShape(heads: 4, keyValueHeads: 2, headSize: 6, isCausal: true),
    ])
  func attentionOfSomeTokens(_ tokens: [Int], shape: AttentionShape) throws {
    let offsets = [0, 2, 9, 12]
    let (width, keyWidth) = (shape.heads * shape.headSize, shape.keyValueHeads * shape.headSize)
    let rows = try #require(TokenRows(tokens, offsets: offsets))
    try GradientCheck(inputs: [[12, width], [12, keyWidth], [12, keyWidth]]).run { values in
      let all = OperationTests.naiveAttention(values, offsets, shape)
      return tokens.flatMap { all[$0 * width..<($0 + 1) * width] }
    } ours: { tape, inputs, _ in
      tape.attention(
        query: tape.gatherRows(inputs[0], rows: tokens), key: inputs[1], value: inputs[2], offsets: offsets,
        shape: shape, rows: rows)
    }
  }

  /// A token's dropout does not depend on which others there are, at widths that a random block does not divide too.
  @Test(arguments: [8, 5]) func dropoutOfSomeTokens(_ width: Int) throws {
    let (offsets, tokens) = ([0, 3, 9], [1, 2, 7])
    let rows = try #require(TokenRows(tokens, offsets: offsets))
    let shape = AttentionShape(heads: 1, keyValueHeads: 1, headSize: width, isCausal: true)
    func pass(_ rows: TokenRows?) -> (output: Tensor, slope: Tensor?) {
      let x = Tensor(uninitialized: [9, width])
      RandomGenerator(seed: 1).fillNormal(x)
      let tape = Tape(isTraining: true, random: RandomGenerator(seed: 3))
      let input = tape.input(x)
      let query = rows.map { tape.gatherRows(input, rows: $0.tokens) } ?? input
      let context = tape.attention(
        query: query, key: input, value: input, offsets: offsets, shape: shape, dropoutRate: 0.4, rows: rows)
      let dropped = tape.dropout(context, rate: 0.3, rows: rows)
      let output = rows == nil ? tape.gatherRows(dropped, rows: tokens) : dropped
      let direction = Tensor(uninitialized: output.value.shape)
      RandomGenerator(seed: 2).fillNormal(direction)
      tape.backward(from: output, gradient: direction)
      return (output.value, tape.gradient(of: input))
    }
    let (all, some) = (pass(nil), pass(rows))
    #expect(some.output.values.contains(0) && !some.output.values.allSatisfy { $0 == 0 })
    #expect(largestDifference(all.output.values, some.output.values) < 1e-6)
    #expect(largestDifference(try #require(all.slope).values, try #require(some.slope).values) < 1e-5)
  }

  @Test func rowsOfTokens() throws {
    #expect(TokenRows([0, 1, 2], offsets: [0, 1, 3]) == nil)
    #expect(TokenRows([2, 1], offsets: [0, 1, 3]) == nil)
    #expect(TokenRows([1, 1], offsets: [0, 1, 3]) == nil)
    #expect(try #require(TokenRows([0, 2], offsets: [0, 1, 3])).tokens == [0, 2])
  }

  private static func naiveAttention(_ values: [[Double]], _ offsets: [Int], _ shape: AttentionShape) -> [Double] {
    let size = shape.headSize
    let (width, keyWidth) = (shape.heads * size, shape.keyValueHeads * size)
    var result = [Double](repeating: 0, count: values[0].count)
    for sequence in 0..<offsets.count - 1 {
      for head in 0..<shape.heads {
        let group = head / (shape.heads / shape.keyValueHeads)
        for i in offsets[sequence]..<offsets[sequence + 1] {
          let end = shape.isCausal ? i + 1 : offsets[sequence + 1]
          var weights: [Double] = []
          for j in offsets[sequence]..<end {
            var score = 0.0
            for c in 0..<size {
              score += values[0][i * width + head * size + c] * values[1][j * keyWidth + group * size + c]
            }
            weights.append(exp(score / Double(size).squareRoot()))
          }
          let total = weights.reduce(0, +)
          for (k, weight) in weights.enumerated() {
            let row = (offsets[sequence] + k) * keyWidth + group * size
            for c in 0..<size { result[i * width + head * size + c] += weight / total * values[2][row + c] }
          }
        }
      }
    }
    return result
  }

  /// The loss of a large vocabulary, in one part and in two, beside that of its logits; with a frozen weight, and with
  /// rows that have no label.
  @Test(arguments: [(7, 11), (290, 60_000)], [true, false])
  func linearCrossEntropy(_ size: (rows: Int, classes: Int), isTrainable: Bool) throws {
    let (rows, classes) = size
    let labels = (0..<rows).map { $0 % 5 == 3 ? -100 : $0 * 7 % classes }
    func pass(_ mass: TargetMass, isWhole: Bool) throws -> (Float, [Float], [Float]?) {
      let (x, value) = (Tensor(uninitialized: [rows, 6]), Tensor(uninitialized: [classes, 6]))
      RandomGenerator(seed: 1).fillNormal(x)
      RandomGenerator(seed: 2).fillNormal(value)
      let weight = Parameter(name: "w", role: .head, value: value)
      weight.isTrainable = isTrainable
      let tape = Tape(isTraining: true)
      let input = tape.input(x)
      let loss =
        isWhole
        ? tape.crossEntropy(tape.linear(input, weight: weight), labels: labels, mass: mass, count: 9)
        : tape.linearCrossEntropy(input, weight: weight, labels: labels, mass: mass, count: 9)
      tape.backward(loss)
      return (loss.value.values[0], try #require(tape.gradient(of: input)).values, weight.gradient?.values)
    }
    ThreadPool.shared.configure(threads: 2)
    for mass in [TargetMass.plain, TargetMass(smoothing: 0.2)] {
      let (whole, parts) = (try pass(mass, isWhole: true), try pass(mass, isWhole: false))
      #expect(abs(whole.0 - parts.0) <= 1e-6 * abs(whole.0))
      #expect(largestDifference(whole.1, parts.1) < 1e-5)
      #expect((parts.2 != nil) == isTrainable)
      if let left = whole.2, let right = parts.2 { #expect(largestDifference(left, right) < 1e-5) }
    }
  }

  @Test func linearCrossEntropyOfNothing() throws {
    let weight = Parameter(name: "w", role: .head, value: Tensor(zeros: [3, 2]))
    let tape = Tape(isTraining: true)
    let loss = tape.linearCrossEntropy(tape.input(Tensor(zeros: [0, 2])), weight: weight, labels: [], count: 1)
    tape.backward(loss)
    #expect(loss.value.values == [0] && weight.gradient?.values == [0, 0, 0, 0, 0, 0])
  }

  /// The same mask forward and backward, at the right rate, for any thread count; nothing outside training.
  @Test func dropout() throws {
    let count = 40_000
    let ones = Tensor(uninitialized: [count])
    ones.fill(1)
    var masks: [[Float]] = []
    for threads in [1, 2] {
      ThreadPool.shared.configure(threads: threads)
      let tape = Tape(isTraining: true, random: RandomGenerator(seed: 3))
      let input = tape.input(ones)
      let output = tape.dropout(input, rate: 0.3)
      let kept = output.value.values
      tape.backward(from: output, gradient: ones.copy())
      #expect(try #require(tape.gradient(of: input)).values == kept)
      masks.append(kept)
    }
    #expect(masks[0] == masks[1])
    #expect(masks[0].allSatisfy { $0 == 0 || abs($0 - 1 / 0.7) < 1e-6 })
    let dropped = Double(masks[0].count { $0 == 0 })
    #expect(abs(dropped - 0.3 * Double(count)) < 3 * (0.21 * Double(count)).squareRoot())
    let quiet = Tape(isTraining: false)
    #expect(quiet.dropout(quiet.input(ones), rate: 0.3).value.values == ones.values)
  }

  /// Dropout on attention's probabilities: the gradient of one fixed mask, by differences of our own forward.
  @Test func attentionDropout() throws {
    ThreadPool.shared.configure(threads: 2)
    let shape = AttentionShape(heads: 2, keyValueHeads: 1, headSize: 4, isCausal: false)
    func output(_ value: Tensor, tape: Tape) -> (Variable, Variable) {
      let query = Tensor(uninitialized: [6, 8])
      let key = Tensor(uninitialized: [6, 4])
      RandomGenerator(seed: 1).fillNormal(query)
      RandomGenerator(seed: 2).fillNormal(key)
      let input = tape.input(value)
      let result = tape.attention(
        query: tape.input(query), key: tape.input(key), value: input, offsets: [0, 2, 6], shape: shape, dropoutRate: 0.4
      )
      return (input, result)
    }
    // The output is linear in the values, so ⟨gradient, values⟩ equals ⟨output gradient, output⟩ exactly.
    let values = Tensor(uninitialized: [6, 4])
    RandomGenerator(seed: 5).fillNormal(values)
    let weights = Tensor(uninitialized: [6, 8])
    RandomGenerator(seed: 6).fillNormal(weights)
    let tape = Tape(isTraining: true, random: RandomGenerator(seed: 11))
    let (input, result) = output(values, tape: tape)
    func inner(_ a: Tensor, _ b: Tensor) -> Double { zip(a.values, b.values).reduce(0) { $0 + Double($1.0 * $1.1) } }
    let expected = inner(weights, result.value)
    tape.backward(from: result, gradient: weights.copy())
    #expect(abs(inner(try #require(tape.gradient(of: input)), values) - expected) < 1e-4)
  }
}

extension Tape {
  /// The elements of several variables, one after the other.
  fileprivate func joined(_ parts: [Variable]) -> Variable {
    let values = parts.flatMap { $0.value.values }
    let places = parts.map { (slot: $0.slot, shape: $0.value.shape) }
    return record(Tensor(values, shape: [values.count]), inputs: parts) { gradient in
      var rest = gradient.values[...]
      for place in places {
        let count = place.shape.reduce(1, *)
        place.slot?.add(Tensor(Array(rest.prefix(count)), shape: place.shape))
        rest = rest.dropFirst(count)
      }
    }
  }
}
