import CKernels
import Tensors
import Testing

/// Every variant of the kernels over thin products against naive loops in Double, on sizes around their tiles.
@Suite(.serialized) struct LowRankKernelTests {
  static let variants = (0..<3).filter { ft_optimizer_kernels_variant(Int32($0)) != nil }
  static let shapes = [[8, 32], [16, 64], [3, 5], [9, 33], [17, 130], [64, 40]]

  private func samples(_ count: Int, _ stream: UInt64) -> Tensor {
    let tensor = Tensor(uninitialized: [count])
    RandomGenerator(seed: 3, stream: stream).fillNormal(tensor)
    return tensor
  }

  /// Element (i, j) of the product, its left factor by rows or by columns.
  private func product(_ p: ft_low_rank, _ i: Int, _ j: Int) -> Double {
    (0..<p.rank).reduce(0.0) { sum, c in
      sum + Double(p.a?[i * p.a_row + c * p.a_column] ?? 0) * Double(p.b?[c * p.b_row + j] ?? 0)
    }
  }

  @Test(arguments: variants, shapes) func applied(_ variant: Int, _ shape: [Int]) throws {
    let kernels = try #require(ft_optimizer_kernels_variant(Int32(variant))).pointee
    let (m, n, rank) = (shape[0], shape[1], 5)
    let (a, b, g) = (samples(m * rank, 1), samples(n * rank, 2), samples(m * n, 3))
    let (along, across, start) = (samples(m, 4), samples(n, 5), samples(m * n, 6))
    var step = ft_adam()
    (step.decay_before, step.step_size, step.decay_after) = (0.9, 0.25, 0.75)
    for byRows in [true, false] {
      var p = ft_low_rank(
        rank: rank, a: UnsafePointer(a.pointer), a_row: byRows ? rank : 1, a_column: byRows ? 1 : m,
        b: UnsafePointer(b.pointer), b_row: n)
      for (gradient, rows, columns) in [
        (nil, nil, nil), (g, along, nil), (g, nil, across), (g, along, across), (g, nil, nil),
      ] as [(Tensor?, Tensor?, Tensor?)] {
        let w = start.copy()
        // From row 1 on, as a block of a larger matrix.
        let status = kernels.low_rank_apply(
          &step, &p, gradient.map { UnsafePointer($0.pointer + n) }, rows.map { UnsafePointer($0.pointer + 1) },
          columns.map { UnsafePointer($0.pointer) }, w.pointer + n, 1, m - 1, n)
        #expect(status == 0)
        for i in 0..<m {
          for j in 0..<n {
            let index = i * n + j
            let scale = Double(rows?.pointer[i] ?? 1) * Double(columns?.pointer[j] ?? 1)
            let u = product(p, i, j) + scale * Double(gradient?.pointer[index] ?? 0)
            let expected =
              i == 0 ? Double(start.pointer[index]) : (Double(start.pointer[index]) * 0.9 - 0.25 * u) * 0.75
            #expect(abs(Double(w.pointer[index]) - expected) < 1e-5)
          }
        }
      }
    }
    // A weight that would not be finite is not written.
    var p = ft_low_rank(
      rank: rank, a: UnsafePointer(a.pointer), a_row: rank, a_column: 1, b: UnsafePointer(b.pointer), b_row: n)
    a.pointer[(m - 1) * rank] = .infinity
    let w = start.copy()
    #expect(kernels.low_rank_apply(&step, &p, nil, nil, nil, w.pointer, 0, m, n) != 0)
    #expect(w.values.allSatisfy { $0.isFinite })
  }

  /// Rows beyond a block of 64, every number of vectors, a column range of a wider matrix.
  @Test(arguments: variants, shapes + [[70, 48]]) func thinProducts(_ variant: Int, _ shape: [Int]) throws {
    let kernels = try #require(ft_optimizer_kernels_variant(Int32(variant))).pointee
    let (m, n) = (shape[0], shape[1])
    let a = samples(m * n, 1)
    for width in 1...32 {
      let (u, q) = (samples(width * n, 2), samples(width * m, 3))
      let packed = Tensor(zeros: [(width + 15) / 16 * 16 * n])
      for c in 0..<width {
        let first = c / 16 * 16
        let lanes = width - first > 8 ? 16 : 8
        for j in 0..<n { packed.pointer[first * n + j * lanes + c - first] = u.pointer[c * n + j] }
      }
      let y = Tensor(zeros: [width * m])
      kernels.thin_products(a.pointer, m, n, packed.pointer, width, y.pointer, m)
      // The columns from 1 on; the first stay as they are.
      let start = samples(width * n, 4)
      let z = start.copy()
      kernels.thin_combinations(a.pointer + 1, m, n - 1, n, q.pointer, m, width, z.pointer + 1, n)
      var (worst, worstSum) = (0.0, 0.0)
      for c in 0..<width {
        for i in 0..<m {
          let dot = (0..<n).reduce(0.0) { $0 + Double(a.pointer[i * n + $1]) * Double(u.pointer[c * n + $1]) }
          worst = max(worst, abs(Double(y.pointer[c * m + i]) - dot))
        }
        for j in 0..<n {
          let sum = (0..<m).reduce(0.0) { $0 + Double(q.pointer[c * m + $1]) * Double(a.pointer[$1 * n + j]) }
          let expected = Double(start.pointer[c * n + j]) + (j == 0 ? 0 : sum)
          worstSum = max(worstSum, abs(Double(z.pointer[c * n + j]) - expected))
        }
      }
      #expect(worst < 2e-5 && worstSum < 2e-5, "width \(width): \(worst), \(worstSum)")
    }
  }

  /// Ends of the chunks that are summed at a time, and of the tiles.
  @Test(arguments: variants, [1, 7, 64, 130]) func inProducts(_ variant: Int, _ n: Int) throws {
    let kernels = try #require(ft_optimizer_kernels_variant(Int32(variant))).pointee
    for width in [1, 3, 4, 21, 32] {
      let stride = n + 3
      let x = samples(width * stride, 1)
      var gram = (0..<width * width).map(Double.init)
      kernels.thin_gram(x.pointer, width, n, stride, &gram)
      for i in 0..<width {
        for j in i..<width {
          let dot = (0..<n).reduce(0.0) {
            $0 + Double(x.pointer[i * stride + $1]) * Double(x.pointer[j * stride + $1])
          }
          #expect(abs(gram[i * width + j] - Double(i * width + j) - dot) < 1e-12 * (1 + Double(i * width + j)) + 1e-12)
        }
      }
    }
  }

  @Test(arguments: variants, shapes) func secondMoments(_ variant: Int, _ shape: [Int]) throws {
    let kernels = try #require(ft_optimizer_kernels_variant(Int32(variant))).pointee
    let (m, n, rank) = (shape[0], shape[1], 4)
    let (q, u, g, v) = (samples(m * rank, 1), samples(n * rank, 2), samples(m * n, 3), Tensor(zeros: [m * n]))
    g.pointer[n] = 0
    var c = ft_adapprox()
    (c.gradient_scale, c.beta2, c.one_minus_beta2, c.eps) = (0.5, 0.75, 0.25, 1e-3)
    var p = ft_low_rank(
      rank: rank, a: UnsafePointer(q.pointer), a_row: 1, a_column: m, b: UnsafePointer(u.pointer), b_row: n)
    var sums = [1.0, 2.0]
    kernels.second_moment_tile(&c, &p, g.pointer + n, v.pointer + n, &sums, 1, m - 1, n)
    var (squares, directions) = (1.0, 2.0)
    for i in 1..<m {
      for j in 0..<n {
        let (index, d) = (i * n + j, 0.5 * Double(g.pointer[i * n + j]))
        let expected = 0.75 * max(0, product(p, i, j)) + 0.25 * d * d
        #expect(abs(Double(v.pointer[index]) - expected) < 1e-5)
        squares += expected * expected
        let direction = d / (expected.squareRoot() + 1e-3)
        directions += direction * direction
      }
    }
    #expect(abs(sums[0] / squares - 1) < 1e-5 && abs(sums[1] / directions - 1) < 1e-4)

    // The same in one pass: V alike, and the direction in the gradient's place.
    let (n1, v1) = (g.copy(), Tensor(zeros: [m * n]))
    let total = kernels.adapprox_block(&c, &p, n1.pointer + n, v1.pointer + n, 1, m - 1, n)
    #expect(v1.values == v.values && Array(n1.values[..<n]) == Array(g.values[..<n]))
    #expect(abs(total / (directions - 2) - 1) < 1e-4)
    for index in n..<m * n {
      let d = 0.5 * Double(g.pointer[index])
      #expect(abs(Double(n1.pointer[index]) - d / (Double(v.pointer[index]).squareRoot() + 1e-3)) < 1e-5)
    }
    // 0 where the gradient is, also if nothing else keeps the quotient from 0 / 0.
    c.eps = 0
    var nothing = ft_low_rank()
    let (none, noneV) = (Tensor(zeros: [m * n]), Tensor(zeros: [m * n]))
    #expect(kernels.adapprox_block(&c, &nothing, none.pointer, noneV.pointer, 0, m, n) == 0)
    #expect(none.values.allSatisfy { $0 == 0 })
  }

  /// The step from a direction is the step from the gradient and V that it was made of.
  @Test(arguments: variants, [1, 511, 1_300]) func stepFromDirection(_ variant: Int, _ n: Int) throws {
    let kernels = try #require(ft_optimizer_kernels_variant(Int32(variant))).pointee
    let (g, u) = (samples(n, 1), Tensor(uninitialized: [n]))
    let v = Tensor(uninitialized: [n])
    var c = ft_adapprox()
    (c.gradient_scale, c.eps, c.clip, c.step_size, c.decay) = (0.5, 1e-3, 0.5, 0.25, 0.9)
    (c.beta1, c.one_minus_beta1) = (0.75, 0.25)
    for index in 0..<n {
      v.pointer[index] = g.pointer[index] * g.pointer[index] + 0.1
      u.pointer[index] = 0.5 * g.pointer[index] / (v.pointer[index].squareRoot() + 1e-3)
    }
    for averages in [true, false] {
      let (m1, m2) = (samples(n, 2), samples(n, 2))
      let (w1, w2) = (samples(n, 3), samples(n, 3))
      #expect(kernels.adapprox_step(&c, g.pointer, v.pointer, averages ? m1.pointer : nil, w1.pointer, n) == 0)
      #expect(kernels.adapprox_apply(&c, u.pointer, averages ? m2.pointer : nil, w2.pointer, n) == 0)
      for index in 0..<n {
        #expect(abs(w1.pointer[index] - w2.pointer[index]) < 1e-6 && abs(m1.pointer[index] - m2.pointer[index]) < 1e-6)
      }
    }
    u.pointer[n - 1] = .nan
    let w = samples(n, 3)
    #expect(kernels.adapprox_apply(&c, u.pointer, nil, w.pointer, n) != 0)
    #expect(w.values.allSatisfy { $0.isFinite })
  }
}
