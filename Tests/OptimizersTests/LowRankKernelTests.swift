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

  /// Rows beyond a block of 64, all tiles of vectors and their rests, a column range of a wider matrix.
  @Test(arguments: variants, shapes + [[70, 48]]) func thinProducts(_ variant: Int, _ shape: [Int]) throws {
    let kernels = try #require(ft_optimizer_kernels_variant(Int32(variant))).pointee
    let (m, n) = (shape[0], shape[1])
    let a = samples(m * n, 1)
    for width in [1, 4, 7, 8, 16, 21, 29, 32] {
      let (u, q) = (samples(width * n, 2), samples(width * m, 3))
      let packed = Tensor(zeros: [(width + 15) / 16 * 16 * n])
      for c in 0..<width {
        for j in 0..<n { packed.pointer[c / 16 * 16 * n + j * 16 + c % 16] = u.pointer[c * n + j] }
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
  }
}
