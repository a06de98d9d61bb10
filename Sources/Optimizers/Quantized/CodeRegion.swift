import Tensors

/// Consecutive codes whose values lie so evenly that a line gives the code of a ratio, or the one below it.
///
/// What vector registers hold in place of a table of bins: a dynamic map takes about one region a decade and sign.
struct CodeRegion {
  let codes: ClosedRange<Int>
  let slope: Float
  let offset: Float

  static let most = 16

  /// Regions of all codes, each as long as can be.
  ///
  /// - Parameter limits: the boundaries of `map`.
  static func cover(_ map: [Float], _ limits: [Float]) -> [CodeRegion] {
    // Ratios lie in [−1, 1], or [0, 1] under a map of no negative values.
    let bounds = [map[0] < 0 ? -1 : 0] + limits.dropLast() + [1]
    var regions: [CodeRegion] = []
    while (regions.last?.codes.upperBound ?? -1) < map.count - 1 {
      let start = (regions.last?.codes.upperBound ?? -1) + 1
      // One code always fits: its line is level.
      var longest = CodeRegion(codes: start...start, slope: 0, offset: Float(start))
      for end in start..<map.count {
        if let region = line(start...end, bounds) { longest = region }
      }
      regions.append(longest)
    }
    precondition(regions.count <= most, "the map is too irregular for its regions")
    return regions
  }

  /// The line through the inner boundaries of `codes`, raised or lowered to the middle of what fits, if any does.
  private static func line(_ codes: ClosedRange<Int>, _ bounds: [Float]) -> CodeRegion? {
    let (first, last) =
      codes.count > 2 ? (codes.lowerBound + 1, codes.upperBound) : (codes.lowerBound, codes.upperBound + 1)
    let slope = Float(Double(last - first) / (Double(bounds[last]) - Double(bounds[first])))
    // At its upper boundary a code's line must lie in [code, code + 1): then the next one's starts there, too.
    let rests = codes.dropLast().map { Double($0) - Double(slope) * Double(bounds[$0 + 1]) }
    guard let least = rests.max(), let greatest = rests.min(), least < greatest + 1 else { return nil }
    let region = CodeRegion(codes: codes, slope: slope, offset: Float((least + greatest + 1) / 2))
    // The line rises, so that what holds at both ends of a code's interval holds within it.
    let fits = codes.allSatisfy { code in
      let ends = [code == 0 ? bounds[0] : bounds[code].nextUp, bounds[code + 1]].map(region.guess)
      return ends.allSatisfy { $0 == code || $0 == code - 1 }
    }
    return fits ? region : nil
  }

  /// As the kernels compute it.
  private func guess(_ ratio: Float) -> Int { max(0, Int(offset.addingProduct(slope, ratio))) }

  /// Greatest ratios, slopes and offsets, as `ft_codebook` wants them.
  static func table(_ regions: [CodeRegion], limits: [Float]) -> Tensor {
    let table = Tensor(zeros: [3, most])
    for index in 0..<most {
      guard index < regions.count else { table.pointer[index] = .infinity; continue }
      let region = regions[index]
      table.pointer[index] = limits[region.codes.upperBound]
      table.pointer[most + index] = region.slope
      table.pointer[2 * most + index] = region.offset
    }
    return table
  }
}
