import CKernels
import Foundation
import Optimizers
import Tensors
import TestSupport
import Testing

/// Kernels of the element-wise and factored rules in every variant this CPU can run, against the same arithmetic in Double.
@Suite struct RuleKernelTests {
  static let variants = (0..<8).filter { ft_optimizer_kernels_variant(Int32($0)) != nil }
  static let sizes = [1, 3, 16, 17, 65, 511, 512, 513, 1_300]

  private func kernels(_ variant: Int) throws -> ft_optimizer_kernels {
    try #require(ft_optimizer_kernels_variant(Int32(variant))).pointee
  }

  private func normal(_ count: Int, _ stream: UInt64, absolute: Bool = false) -> [Float] {
    let tensor = Tensor(uninitialized: [count])
    RandomGenerator(seed: 5, stream: stream).fillNormal(tensor)
    return absolute ? tensor.values.map { abs($0) + 0.01 } : tensor.values
  }

  private func check(_ ours: [Float], _ naive: [Double], _ what: String) {
    for (left, right) in zip(ours, naive) { #expect(abs(Double(left) - right) <= 2e-6 * max(1, abs(right)), "\(what)") }
  }

  private typealias Naive = (_ g: Double, _ states: inout [Double], _ w: Double) -> Double

  /// One rule with `states` vectors beside the weight: values, then the refusal of a gradient that is not finite.
  private func verify(
    _ name: String, states: Int, naive: Naive,
    _ kernel: (_ g: [Float], _ s: inout [[Float]], _ w: inout [Float], _ n: Int) -> Int32
  ) {
    for size in RuleKernelTests.sizes {
      let g = normal(size, 1)
      let before = (0..<states).map { normal(size, UInt64(10 + $0), absolute: true) }
      let start = normal(size, 2)
      var (s, w) = (before, start)
      #expect(kernel(g, &s, &w, size) == 0)
      var expected = before.map { $0.map(Double.init) }
      let weights = (0..<size).map { index in
        var values = before.map { Double($0[index]) }
        let weight = naive(Double(g[index]), &values, Double(start[index]))
        for state in 0..<states { expected[state][index] = values[state] }
        return weight
      }
      check(w, weights, "\(name) weights of \(size)")
      for state in 0..<states { check(s[state], expected[state], "\(name) state \(state) of \(size)") }
      for value in [Float.nan, .infinity] {
        var bad = g
        bad[size - 1] = value
        (s, w) = (before, start)
        #expect(kernel(bad, &s, &w, size) != 0, "\(name) \(value)")
        #expect(w.allSatisfy(\.isFinite) && w[size - 1] == start[size - 1])
      }
    }
  }

  @Test(arguments: variants) func elementWise(_ variant: Int) throws {
    let k = try kernels(variant)
    var c = ft_first_order()
    (c.gradient_scale, c.coupled_decay, c.decay, c.step_size, c.eps) = (0.5, 0.1, 0.001, 0.01, 1e-10)
    (c.beta1, c.one_minus_beta1, c.beta2, c.one_minus_beta2) = (0.9, 0.1, 0.99, 0.01)
    verify("sgd", states: 0, naive: { g, _, w in w - 0.01 * (g * 0.5 + 0.1 * w) }) { g, _, w, n in
      k.sgd(&c, g, &w, n)
    }
    verify(
      "sgdm", states: 1,
      naive: { g, s, w in
        s[0] = 0.9 * s[0] + 0.1 * (g * 0.5 + 0.1 * w)
        return w - 0.01 * s[0]
      }
    ) { g, s, w, n in k.sgd_momentum(&c, g, &s[0], &w, n) }
    verify(
      "adagrad", states: 1,
      naive: { g, s, w in
        let d = g * 0.5 + 0.1 * w
        s[0] += d * d
        return w - 0.01 * d / (s[0].squareRoot() + 1e-10)
      }
    ) { g, s, w, n in k.adagrad(&c, g, &s[0], &w, n) }
    verify(
      "lion", states: 1,
      naive: { g, s, w in
        let a = 0.9 * s[0] + 0.1 * g * 0.5
        s[0] = 0.99 * s[0] + 0.01 * g * 0.5
        return w - 0.001 * w - 0.01 * (a > 0 ? 1 : a < 0 ? -1 : 0)
      }
    ) { g, s, w, n in k.lion(&c, g, &s[0], &w, n) }
    verify(
      "average", states: 1,
      naive: { g, s, w in
        s[0] = 0.9 * s[0] + 0.1 * g * 0.5
        return w - 0.001 * w - 0.02 * s[0]
      }
    ) { g, s, w, n in k.average_step(&c, g, 0.02, &s[0], &w, n) }
    verify(
      "average by column", states: 2,
      naive: { g, s, w in
        s[0] = 0.9 * s[0] + 0.1 * g * 0.5
        return w - 0.001 * w - s[1] * s[0]
      }
    ) { g, s, w, n in
      let column = s[1]
      return k.average_column_step(&c, g, column, &s[0], &w, n)
    }
    var a = ft_adam()
    (a.gradient_scale, a.coupled_decay, a.decay_before, a.decay_after) = (0.5, 0.1, 1, 1)
    (a.beta1, a.one_minus_beta1, a.beta2, a.one_minus_beta2) = (0.9, 0.1, 0.99, 0.01)
    (a.root_scale, a.eps, a.step_size) = (2, 1e-8, 0.01)
    verify(
      "adam, coupled", states: 2,
      naive: { g, s, w in
        let d = g * 0.5 + 0.1 * w
        s[0] = 0.9 * s[0] + 0.1 * d
        s[1] = 0.99 * s[1] + 0.01 * d * d
        return w - 0.01 * s[0] / (2 * s[1].squareRoot() + 1e-8)
      }
    ) { g, s, w, n in
      var (m, v) = (s[0], s[1])
      defer { s = [m, v] }
      return k.adam(&a, g, &m, &v, &w, n)
    }
  }

  @Test(arguments: variants, [true, false]) func ademamix(_ variant: Int, withFast: Bool) throws {
    let k = try kernels(variant)
    var c = ft_ademamix()
    (c.gradient_scale, c.beta1, c.one_minus_beta1) = (0.5, withFast ? 0.9 : 0, withFast ? 0.1 : 1)
    (c.beta2, c.one_minus_beta2, c.beta3, c.one_minus_beta3) = (0.99, 0.01, 0.999, 0.001)
    (c.fast_scale, c.root_scale, c.alpha, c.eps, c.step_size, c.decay) = (3, 2, 5, 1e-8, 0.01, 0.001)
    verify(
      "ademamix", states: withFast ? 3 : 2,
      naive: { g, s, w in
        let d = g * 0.5
        let fast = withFast ? 0.9 * s[2] + 0.1 * d : d
        if withFast { s[2] = fast }
        s[0] = 0.999 * s[0] + 0.001 * d
        s[1] = 0.99 * s[1] + 0.01 * d * d
        return w - 0.001 * w - 0.01 * (3 * fast + 5 * s[0]) / (2 * s[1].squareRoot() + 1e-8)
      }
    ) { g, s, w, n in
      var (slow, v) = (s[0], s[1])
      guard withFast else {
        defer { s = [slow, v] }
        return k.ademamix(&c, g, nil, &slow, &v, &w, n)
      }
      var fast = s[2]
      defer { s = [slow, v, fast] }
      return k.ademamix(&c, g, &fast, &slow, &v, &w, n)
    }
  }

  @Test(arguments: variants, [true, false]) func sm3(_ variant: Int, withAverage: Bool) throws {
    let k = try kernels(variant)
    var c = ft_first_order()
    (c.gradient_scale, c.decay, c.step_size, c.eps) = (0.5, 0.001, 0.01, 1e-30)
    (c.beta1, c.one_minus_beta1) = withAverage ? (0.9, 0.1) : (0, 1)
    let row: Float = 0.7
    var largest: Float = 0
    verify(
      "sm3", states: withAverage ? 3 : 2,
      naive: { g, s, w in
        let d = g * 0.5
        let cover = min(Double(row), s[0]) + d * d
        s[1] = max(s[1], cover)
        let u = d / cover.squareRoot()
        let average = withAverage ? 0.9 * s[2] + 0.1 * u : u
        if withAverage { s[2] = average }
        return w - 0.001 * w - 0.01 * average
      }
    ) { g, s, w, n in
      let column = s[0]
      var most = s[1]
      let status: Int32
      if withAverage {
        var m = s[2]
        status = k.sm3(&c, g, row, column, &largest, &most, &m, &w, n)
        s = [column, most, m]
      } else {
        status = k.sm3(&c, g, row, column, &largest, &most, nil, &w, n)
        s = [column, most]
      }
      if status == 0 {
        let covers = zip(g, column).map { min(row, $1) + $0 * 0.5 * $0 * 0.5 }
        #expect(abs(largest - (covers.max() ?? 0)) <= 1e-6 * largest)
      }
      return status
    }
  }

  @Test(arguments: variants) func factored(_ variant: Int) throws {
    let k = try kernels(variant)
    let row: Float = 1.5
    verify(
      "step", states: 1, naive: { g, s, w in w - (0.01 * w + g * 1.5 * s[0]) }
    ) { g, s, w, n in
      let column = s[0]
      return k.factored_step(g, row, column, 0.01, &w, n)
    }
    verify(
      "average and step", states: 2,
      naive: { g, s, w in
        s[1] = 0.9 * s[1] + 0.1 * g * 1.5 * s[0]
        return w - (0.01 * w + s[1])
      }
    ) { g, s, w, n in
      let column = s[0]
      return k.factored_average_step(g, row, column, 0.9, 0.1, &s[1], 0.01, &w, n)
    }
    for size in RuleKernelTests.sizes {
      let (x, column, m) = (normal(size, 1), normal(size, 2, absolute: true), normal(size, 3))
      let u = zip(x, column).map { Double($0) * 1.5 * Double($1) }
      let average = zip(m, u).map { 0.9 * Double($0) + 0.1 * $1 }
      var (ours, sums) = (m, [Float](repeating: 1, count: size))
      let total = k.came_average(x, row, column, 0.9, 0.1, &ours, &sums, size)
      let squares = zip(u, average).map { ($0 - $1) * ($0 - $1) }
      check(ours, average, "came average")
      check(sums, squares.map { 1 + $0 }, "came sums")
      check([Float(total)], [squares.reduce(0, +)], "came total")
      ours = m
      k.factored_average(x, row, column, 0.9, 0.1, &ours, size)
      check(ours, average, "average")
      ours = x
      k.factored_scale(&ours, row, column, size)
      check(ours, u, "scale")
      check(
        [Float(k.factored_square_sum(x, row, column, size))], [u.reduce(0) { $0 + $1 * $1 }], "sum of squares")
      sums = [Float](repeating: 1, count: size)
      let plain = k.square_sums(0.5, x, &sums, size)
      check(sums, x.map { 1 + 0.25 * Double($0) * Double($0) }, "square sums")
      check([plain], [x.reduce(0) { $0 + 0.25 * Double($1) * Double($1) }], "their total")
      var totals = [Double](repeating: 2, count: size)
      k.drain(&sums, &totals, size)
      #expect(sums.allSatisfy { $0 == 0 } && totals.allSatisfy { $0 >= 3 })
      ours = column
      let sum = k.average(&ours, column, 0.9, 0.1, 0.5, size)
      check(ours, column.map { Double($0) + 0.05 }, "average of squares")
      check([Float(sum)], [column.reduce(0) { $0 + Double($1) + 0.05 }], "its total")
      ours = column
      ours[0] = 0
      var roots = [Float](repeating: 0, count: size)
      k.inverse_roots(ours, 2, &roots, size)
      check(roots, ours.map { $0 == 0 ? 0 : (2 / Double($0)).squareRoot() }, "inverse roots")
    }
  }

  /// Blocks of columns (GPT-2's storage) step as the blocks of rows of the transposed weight.
  @Test func adamMiniColumns() throws {
    let blocks = [OutputBlocks(count: 3, size: 20), OutputBlocks(count: 40, size: 1)]
    func transposed(_ x: Tensor) -> Tensor { Decomposition.transposed(x) }
    let start = Tensor([100, 70], stream: 1)
    let byColumns = Parameter(
      name: "c_attn.weight", role: .matrix, value: transposed(start), blocks: blocks, outputAxis: 1)
    let byRows = Parameter(name: "c_attn.weight", role: .matrix, value: start.copy(), blocks: blocks)
    let optimizers = try [byColumns, byRows].map { try Optimizer("adam-mini", parameters: [$0], weightDecay: 0.1) }
    for step in 1...5 {
      let gradient = Tensor([100, 70], stream: UInt64(10 + step))
      byColumns.setGradient(transposed(gradient))
      byRows.setGradient(gradient)
      for optimizer in optimizers { try optimizer.takeStep(learningRate: 0.01, gradientScale: 0.5) }
    }
    let (difference, _) = distance(transposed(byColumns.value).values, byRows.value.values)
    #expect(difference <= 1e-6 * distance(start.values, byRows.value.values).difference)
    #expect(optimizers[0].stateBytes(.secondMoment) == 43 * 4)
  }
}

extension Tensor {
  fileprivate init(_ shape: [Int], stream: UInt64) {
    self.init(uninitialized: shape)
    RandomGenerator(seed: 5, stream: stream).fillNormal(self)
  }
}
