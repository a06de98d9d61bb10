import CKernels
import Foundation
import Tensors
import TestSupport
import Testing

/// Every variant this CPU can run, against the same arithmetic in Double.
@Suite struct KernelTests {
  static let variants = (0..<Int(ft_kernels_count())).filter { ft_kernels_variant(Int32($0)) != nil }
  static let missing = Int(ft_kernels_count()) - variants.count
  static let sizes = [0, 1, 3, 15, 16, 17, 63, 64, 65, 1_000]
  static let extremes: [Float] = [0, -0.0, 1e-30, -1e-30, 0.2499, 0.2501, 5, -5, 12, -12, 88, -88, 1e4, -1e4]

  /// Skipped, and so listed, where this CPU lacks the instructions of a variant: the other tests then say nothing of it.
  @Test(.enabled(if: missing == 0, "this CPU lacks the instructions of \(missing) kernel variants"))
  func everyVariantIsTested() { #expect(KernelTests.variants == Array(0..<Int(ft_kernels_count()))) }

  private func kernels(_ variant: Int) throws -> ft_kernels { try #require(ft_kernels_variant(Int32(variant))).pointee }

  private func samples(_ count: Int, _ stream: UInt64 = 0) -> [Float] {
    let tensor = Tensor(uninitialized: [count])
    RandomGenerator(seed: 5, stream: stream).fillNormal(tensor, standardDeviation: 2)
    return tensor.values
  }

  @Test(arguments: variants) func activations(_ variant: Int) throws {
    let kernels = try kernels(variant)
    let functions: [((UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void, (Double) -> Double)] = [
      ({ kernels.gelu($0, $1, $2) }, { $0 * 0.5 * erfc(-$0 / 2.0.squareRoot()) }),
      (
        { kernels.gelu_tanh($0, $1, $2) },
        { 0.5 * $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }
      ),
      ({ kernels.tanh_forward($0, $1, $2) }, { tanh($0) }),
    ]
    for (ours, naive) in functions {
      for size in KernelTests.sizes {
        let x = size == 1_000 ? samples(size) : samples(size) + KernelTests.extremes
        var y = [Float](repeating: .nan, count: x.count)
        ours(x, &y, x.count)
        for (input, output) in zip(x, y) {
          let expected = naive(Double(input))
          #expect(abs(Double(output) - expected) <= 4e-7 * max(1, abs(expected)), "\(input)")
        }
      }
      var strange: [Float] = [.nan, .infinity, 0]
      let input = strange
      ours(input, &strange, 3)
      #expect(strange[0].isNaN && strange[2] == 0)
    }
  }

  /// In place, as the backward passes call them, and out of place.
  @Test(arguments: variants) func activationGradients(_ variant: Int) throws {
    let kernels = try kernels(variant)
    for size in KernelTests.sizes where size > 0 {
      let (x, dy) = (samples(size), samples(size, 1))
      var apart = [Float](repeating: 0, count: size)
      kernels.gelu_backward(x, dy, &apart, size)
      var inPlace = dy
      inPlace.withUnsafeMutableBufferPointer { buffer in
        if let base = buffer.baseAddress { kernels.gelu_backward(x, base, base, size) }
      }
      #expect(inPlace == apart)
      for index in 0..<size {
        let v = Double(x[index])
        let density = exp(-v * v / 2) / (2 * Double.pi).squareRoot()
        let expected = Double(dy[index]) * (0.5 * erfc(-v / 2.0.squareRoot()) + v * density)
        #expect(abs(Double(apart[index]) - expected) <= 2e-6 * max(1, abs(expected)))
      }
    }
  }

  @Test(arguments: variants) func softmaxAndLoss(_ variant: Int) throws {
    let kernels = try kernels(variant)
    for size in KernelTests.sizes where size > 0 {
      let x = samples(size)
      var p = x
      kernels.softmax(&p, 0.7, 0, 1, size)
      let exponentials = x.map { exp(Double($0) * 0.7) }
      let total = exponentials.reduce(0, +)
      for (found, value) in zip(p, exponentials) { #expect(abs(Double(found) - value / total) < 1e-6) }
      var slope = [Float](repeating: 0, count: size)
      let loss = kernels.cross_entropy(x, size / 2, 1, &slope, size)
      let sum = x.reduce(0.0) { $0 + exp(Double($1)) }
      #expect(abs(loss - (log(sum) - Double(x[size / 2]))) < 1e-5)
      #expect(abs(slope.reduce(0) { $0 + Double($1) }) < 1e-5)
      var highest: Float = 0
      let logSum = kernels.log_sum_exp(x, size, &highest)
      #expect(highest == x.max())
      #expect(abs(logSum + Double(highest) - log(sum)) < 1e-6)

      let rest = samples(size, 1).map { abs($0) / Float(size) }
      let restSum = rest.reduce(0.0) { $0 + Double($1) }
      let soft = kernels.soft_cross_entropy(x, size / 2, 0.75, rest, restSum, 0.5, &slope, size)
      var expected = 0.75 * (log(sum) - Double(x[size / 2]))
      for (value, share) in zip(x, rest) { expected += Double(share) * (log(sum) - Double(value)) }
      #expect(abs(soft - expected) < 1e-5 * max(1, expected))
      for (index, value) in x.enumerated() {
        let target = Double(rest[index]) + (index == size / 2 ? 0.75 : 0)
        let slopeHere = 0.5 * ((0.75 + restSum) * exp(Double(value)) / sum - target)
        #expect(abs(Double(slope[index]) - slopeHere) < 1e-6)
      }
    }
    var causal: [Float] = [3, 100, 1, 1]
    kernels.softmax(&causal, 1, 1, 2, 2)
    #expect(causal == [1, 0, 0.5, 0.5])
    // Rows in the middle of a sequence: the first sees two tokens.
    var later: [Float] = [2, 2, 100, 100, 1, 1, 1, 100]
    kernels.softmax(&later, 1, 2, 2, 4)
    #expect(zip(later, [0.5, 0.5, 0, 0, 1 / 3, 1 / 3, 1 / 3, 0] as [Float]).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test(arguments: variants) func sums(_ variant: Int) throws {
    let kernels = try kernels(variant)
    for size in KernelTests.sizes {
      let (x, y) = (samples(size), samples(size, 1))
      let expected = zip(x, y).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      #expect(abs(kernels.dot(x, y, size) - expected) < 1e-5 * Double(size + 1))
    }
    #expect(kernels.sum_of_squares([1, .nan, 2], 3).isNaN)
  }

  /// The kernel's Philox is the generator's, and the generator's is the paper's.
  @Test(arguments: variants) func dropoutDrawsPhilox(_ variant: Int) throws {
    let kernels = try kernels(variant)
    let generator = RandomGenerator(seed: 0x0123_4567_89AB_CDEF, stream: 0xFEDC_BA98_7654_3210)
    for size in KernelTests.sizes {
      let x = [Float](repeating: 1, count: size)
      var y = x
      kernels.dropout(x, &y, size, 0.5, generator.seed, generator.stream, 3)
      for index in 0..<size { #expect((y[index] == 0) == (generator.word(UInt64(12 + index)) < 1 << 31)) }
    }
  }

  @Test func philoxKnownAnswers() {
    #expect(
      RandomGenerator(seed: 0, stream: 0).block(0) == SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
    #expect(
      RandomGenerator(seed: .max, stream: .max).block(.max)
        == SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD))
  }

  @Test func adamRefusesNonFinite() throws {
    for variant in KernelTests.variants {
      let kernels = try #require(ft_optimizer_kernels_variant(Int32(variant))).pointee
      var c = ft_adam(
        gradient_scale: 1, beta1: 0.9, one_minus_beta1: 0.1, beta2: 0.999, one_minus_beta2: 0.001, root_scale: 1,
        eps: 1e-8, step_size: 1e-3, decay_before: 1, decay_after: 1, coupled_decay: 0)
      for size in KernelTests.sizes where size > 0 {
        let start = samples(size)
        var (m, v, w) = ([Float](repeating: 0, count: size), [Float](repeating: 0, count: size), start)
        let g = samples(size, 2)
        #expect(kernels.adam(&c, g, &m, &v, &w, size) == 0)
        for index in 0..<size {
          let (gradient, weight) = (Double(g[index]), Double(start[index]))
          let step = 1e-3 * 0.1 * gradient / ((0.001 * gradient * gradient).squareRoot() + 1e-8)
          #expect(abs(Double(w[index]) - (weight - step)) <= 1e-6 * max(1, abs(weight)))
        }
        var bad = g
        bad[size - 1] = .infinity
        let before = w
        #expect(kernels.adam(&c, bad, &m, &v, &w, size) != 0)
        #expect(w.allSatisfy(\.isFinite) && w[size - 1] == before[size - 1])
      }
    }
  }
}
