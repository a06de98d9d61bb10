import Support
import Tensors
import Testing

/// An operation with parameters, as the tests of frozen parameters run it.
struct ParameterOperation: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// Shape of the input; `nil`: it has none.
  let input: [Int]?
  let parameters: [[Int]]
  let apply: @Sendable (Tape, Variable, [Parameter]) -> Variable

  /// Every operation of `Tape` that takes a parameter.
  static let all: [ParameterOperation] =
    Activation.allCases.flatMap { activation in
      [(WeightLayout.outIn, [5, 6]), (.inOut, [6, 5])].map { layout, shape in
        ParameterOperation(
          testDescription: "linear \(layout) \(activation)", input: [40, 6], parameters: [shape, [5]]
        ) {
          $0.linear($1, weight: $2[0], bias: $2[1], activation: activation, layout: layout)
        }
      }
    } + [
      ParameterOperation(testDescription: "linear without bias", input: [40, 6], parameters: [[5, 6]]) {
        $0.linear($1, weight: $2[0])
      },
      ParameterOperation(testDescription: "layerNorm", input: [40, 6], parameters: [[6], [6]]) {
        $0.layerNorm($1, weight: $2[0], bias: $2[1], eps: 1e-5)
      },
      ParameterOperation(testDescription: "rmsNorm", input: [40, 6], parameters: [[6]]) {
        $0.rmsNorm($1, weight: $2[0], eps: 1e-5)
      },
      ParameterOperation(testDescription: "embedding", input: nil, parameters: [[7, 6], [3, 6]]) {
        $0.embedding([($2[0], [1, 4, 1, 6]), ($2[1], [0, 2, 2, 0])], padding: [6])
      },
    ]
}

@Suite(.serialized) struct FrozenParameterTests {
  private struct Gradients: Equatable {
    var output: [Float] = []
    var needsGradient = false
    var input: [Float]?
    var parameters: [[Float]?] = []
    var announced: [String] = []
  }

  private func normal(_ shape: [Int], _ seed: UInt64) -> Tensor {
    let tensor = Tensor(uninitialized: shape)
    RandomGenerator(seed: seed).fillNormal(tensor)
    return tensor
  }

  private func run(_ operation: ParameterOperation, frozen: Set<Int>, inputIsConstant: Bool = false) -> Gradients {
    let parameters = operation.parameters.enumerated().map { index, shape in
      Parameter(name: "p\(index)", role: .matrix, value: normal(shape, UInt64(index)))
    }
    for index in frozen { parameters[index].isTrainable = false }
    let tape = Tape(isTraining: true)
    let input = operation.input.map { inputIsConstant ? tape.constant(normal($0, 50)) : tape.input(normal($0, 50)) }
    let output = operation.apply(tape, input ?? tape.constant(Tensor(zeros: [0])), parameters)
    var gradients = Gradients(output: output.value.values, needsGradient: output.needsGradient)
    tape.backward(from: output, gradient: normal(output.value.shape, 60)) { gradients.announced.append($0.name) }
    gradients.input = input.flatMap { tape.gradient(of: $0) }?.values
    gradients.parameters = parameters.map { $0.gradient?.values }
    return gradients
  }

  /// For every choice of frozen parameters: those have no gradient, and all else is what it was, bit for bit.
  @Test(arguments: ParameterOperation.all, [1, 2]) func gradients(_ operation: ParameterOperation, threads: Int) {
    let before = ThreadPool.shared.threads
    ThreadPool.shared.configure(threads: threads)
    defer { ThreadPool.shared.configure(threads: before) }
    let count = operation.parameters.count
    for inputIsConstant in operation.input == nil ? [false] : [false, true] {
      let full = run(operation, frozen: [], inputIsConstant: inputIsConstant)
      #expect(full.needsGradient && full.parameters.allSatisfy { $0 != nil })
      #expect((full.input != nil) == (operation.input != nil && !inputIsConstant))
      for mask in 1..<1 << count {
        let frozen = Set((0..<count).filter { mask >> $0 & 1 == 1 })
        let found = run(operation, frozen: frozen, inputIsConstant: inputIsConstant)
        var expected = full
        for index in frozen { expected.parameters[index] = nil }
        expected.announced.removeAll { name in frozen.contains { name == "p\($0)" } }
        if frozen.count == count && (inputIsConstant || operation.input == nil) { expected.needsGradient = false }
        #expect(found == expected, "frozen \(frozen)")
      }
    }
  }

  /// Attention with some of query, key and value constant: the gradients of the others are what they were.
  @Test(arguments: [0, 0.3]) func attention(dropout: Float) throws {
    let shape = AttentionShape(heads: 2, keyValueHeads: 2, headSize: 3, isCausal: true)
    func run(_ wanted: [Bool]) -> [[Float]?] {
      let tape = Tape(isTraining: true, random: RandomGenerator(seed: 2))
      let inputs = wanted.enumerated().map { index, wanted in
        wanted ? tape.input(normal([7, 6], UInt64(index))) : tape.constant(normal([7, 6], UInt64(index)))
      }
      let output = tape.attention(
        query: inputs[0], key: inputs[1], value: inputs[2], offsets: [0, 4, 7], shape: shape, dropoutRate: dropout)
      tape.backward(from: output, gradient: normal([7, 6], 9))
      return inputs.map { tape.gradient(of: $0)?.values }
    }
    let full = run([true, true, true])
    #expect(full.allSatisfy { $0 != nil })
    for mask in 0..<7 {
      let wanted = (0..<3).map { mask >> $0 & 1 == 1 }
      #expect(run(wanted) == zip(full, wanted).map { $1 ? $0 : nil }, "\(wanted)")
    }
  }

  /// What a pass leaves in memory after going forward: all that has a use later, and nothing else.
  @Test func whatIsKept() {
    let size = BufferPool.sizeClass(4 * 64 * 64)
    func kept(frozen: Set<Int>, activation: Activation) -> Int {
      let parameters = (0..<4).map { Parameter(name: "p\($0)", role: .matrix, value: normal([64, 64], UInt64($0))) }
      for index in frozen { parameters[index].isTrainable = false }
      let input = normal([64, 64], 9)
      return MemoryTally.count { tally in
        let tape = Tape(isTraining: true)
        // The output itself is dropped, as a model's layers drop theirs.
        func forward() {
          var x = tape.constant(input)
          for parameter in parameters { x = tape.linear(x, weight: parameter, activation: activation) }
        }
        forward()
        return withExtendedLifetime(tape) { tally.live }
      }
    }
    // The inputs of the second to the fourth: the first's was there before.
    #expect(kept(frozen: [], activation: .none) == 3 * size)
    #expect(kept(frozen: [2, 3], activation: .none) == size)
    #expect(kept(frozen: [0, 1], activation: .none) == 2 * size)
    #expect(kept(frozen: [0, 1, 2, 3], activation: .none) == 0)
    // Before each activation too, from the first trainable weight on.
    #expect(kept(frozen: [], activation: .gelu) == 7 * size)
    #expect(kept(frozen: [0, 1], activation: .gelu) == 4 * size)
    #expect(kept(frozen: [2, 3], activation: .gelu) == 5 * size)
  }

  /// Freezing gives the gradient's memory back.
  @Test func freezingDropsTheGradient() {
    let parameter = Parameter(name: "p", role: .embedding, value: normal([64, 64], 1))
    MemoryTally.count { tally in
      parameter.accumulate { $0.fill(1) }
      #expect(tally.live > 0)
      parameter.clearGradient()
      #expect(tally.live > 0)
      parameter.isTrainable = false
      #expect(tally.live == 0 && parameter.gradient == nil)
    }
    let tape = Tape(isTraining: true)
    #expect(!tape.embedding([(parameter, [1, 2])]).needsGradient)
    parameter.isTrainable = true
    #expect(tape.embedding([(parameter, [1, 2])]).needsGradient)
  }
}
