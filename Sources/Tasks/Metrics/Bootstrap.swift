import Support

/// A score that can be computed for a resample of its examples without building that resample.
protocol ResampledStatistic: Sendable {
  /// Number of examples.
  var count: Int { get }

  /// The score of the examples as they are.
  var value: Double { get }

  /// The score of a resample that holds example `i` as often as `multiplicity[i]` says.
  func value(of multiplicity: [Int32]) -> Double
}

extension ResampledStatistic {
  var value: Double { value(of: Array(repeating: 1, count: count)) }
}

/// The bootstrap: a score's values for samples that are drawn from the examples with replacement.
enum Bootstrap {
  private static let resamples = 1_000
  private static let seed: UInt64 = 20_240_611

  /// The score of each resample.
  ///
  /// The resamples are the same whatever the number of threads, since each has its own generator.
  static func values(of statistic: any ResampledStatistic) -> [Double] {
    let count = statistic.count
    precondition(count > 0 && count <= Int(UInt32.max))
    var generator = SplitMix(seed: seed)
    let seeds = (0..<resamples).map { _ in generator.next() }
    var values = [Double](repeating: 0, count: resamples)
    values.withUnsafeMutableBufferPointer { values in
      ThreadPool.shared.parallel(count: resamples) { range in
        var multiplicity = [Int32](repeating: 0, count: count)
        for resample in range {
          draw(into: &multiplicity, seed: seeds[resample])
          values[resample] = statistic.value(of: multiplicity)
        }
      }
    }
    return values
  }

  /// Draws as many examples as there are, two from each random number of 64 bits. The bias of an example's probability
  /// is below n · 2⁻³² of it.
  private static func draw(into multiplicity: inout [Int32], seed: UInt64) {
    let count = multiplicity.count
    var generator = SplitMix(seed: seed)
    multiplicity.withUnsafeMutableBufferPointer { multiplicity in
      multiplicity.update(repeating: 0)
      for drawn in stride(from: 0, to: count, by: 2) {
        let bits = generator.next()
        multiplicity[Int(((bits >> 32) * UInt64(count)) >> 32)] += 1
        if drawn + 1 < count { multiplicity[Int(((bits & 0xFFFF_FFFF) * UInt64(count)) >> 32)] += 1 }
      }
    }
  }
}
