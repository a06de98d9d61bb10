import Foundation
import Support

/// Counter-based random numbers: Philox 4×32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC
/// 2011).
///
/// A number depends on (seed, stream, index) only, so it is the same however many threads draw and in whichever order.
package struct RandomGenerator: Sendable {
  package let seed: UInt64
  package let stream: UInt64

  package init(seed: UInt64, stream: UInt64 = 0) {
    self.seed = seed
    self.stream = stream
  }

  /// An independent generator for a named use, e.g. `"dropout"`, and a number within it.
  package func stream(_ name: String, _ number: UInt64 = 0) -> RandomGenerator {
    // FNV-1a keeps streams apart; it is not a security boundary.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ stream
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    for shift in stride(from: 0, to: 64, by: 8) { hash = (hash ^ (number >> UInt64(shift) & 255)) &* 0x100_0000_01b3 }
    return RandomGenerator(seed: seed, stream: hash)
  }

  /// The four random words of block `index`.
  package func block(_ index: UInt64) -> SIMD4<UInt32> {
    // Scalars are used here, because a vector's elements would be moved in and out of the vector in every round.
    var (a, b) = (UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32))
    var (c, d) = (UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32))
    var (first, second) = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    for _ in 0..<10 {
      let (low, high) = (UInt64(a) &* 0xD251_1F53, UInt64(c) &* 0xCD9E_8D57)
      (a, b) = (UInt32(truncatingIfNeeded: high >> 32) ^ b ^ first, UInt32(truncatingIfNeeded: high))
      (c, d) = (UInt32(truncatingIfNeeded: low >> 32) ^ d ^ second, UInt32(truncatingIfNeeded: low))
      (first, second) = (first &+ 0x9E37_79B9, second &+ 0xBB67_AE85)
    }
    return SIMD4(a, b, c, d)
  }

  /// Word `index` of the sequence.
  package func word(_ index: UInt64) -> UInt32 { block(index >> 2)[Int(index & 3)] }

  /// Uniform in `0..<bound`, by multiplication (bias below 2⁻³² · bound).
  package func integer(_ index: UInt64, below bound: Int) -> Int {
    let words = block(index)
    let word = UInt64(words.x) << 32 | UInt64(words.y)
    return Int(word.multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A permutation of `0..<count` (Fisher–Yates).
  package func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, integer(UInt64(last), below: last + 1))
    }
    return order
  }

  /// Fills a tensor with normal numbers of mean 0 (Box–Muller in Double). Element `i` comes from the words of block
  /// `i / 2`.
  package func fillNormal(_ tensor: Tensor, standardDeviation: Double = 1) {
    let count = tensor.count
    ThreadPool.shared.parallel(count: (count + 1) / 2, grain: 4_096) { range in
      for pair in range {
        let words = block(UInt64(pair))
        let first = (Double(words.x) + 0.5) * 0x1p-32
        let angle = 2 * Double.pi * (Double(words.y) + 0.5) * 0x1p-32
        let radius = (-2 * log(first)).squareRoot() * standardDeviation
        tensor.pointer[2 * pair] = Float(radius * cos(angle))
        if 2 * pair + 1 < count { tensor.pointer[2 * pair + 1] = Float(radius * sin(angle)) }
      }
    }
  }

  /// Fills a tensor with numbers spread evenly from -`bound` to `bound`.
  package func fillUniform(_ tensor: Tensor, bound: Double) {
    ThreadPool.shared.parallel(count: tensor.count, grain: 4_096) { range in
      for index in range {
        tensor.pointer[index] = Float(bound * (2 * (Double(word(UInt64(index))) + 0.5) * 0x1p-32 - 1))
      }
    }
  }
}
