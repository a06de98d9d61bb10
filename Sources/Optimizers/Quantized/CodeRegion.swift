import Tensors

/// A range of consecutive codes whose values are so evenly spaced that a linear function of a ratio x / scale gives
/// either the ratio's code or the code below it.
///
/// A few regions fit vector registers, where a table of bins does not. A dynamic map needs about one region for each
/// decade and sign.
struct CodeRegion {
  let codes: ClosedRange<Int>
  let slope: Float
  let offset: Float

  /// The largest number of regions.
  static let most = 16

  /// Divides all codes into regions, each as long as possible.
  ///
  /// - Parameter limits: the boundaries between the codes of `map`.
  static func cover(_ map: [Float], _ limits: [Float]) -> [CodeRegion] {
    // Ratios lie in [−1, 1], or in [0, 1] where the map has no negative values.
    let bounds = [map[0] < 0 ? -1 : 0] + limits.dropLast() + [1]
    var regions: [CodeRegion] = []
    while (regions.last?.codes.upperBound ?? -1) < map.count - 1 {
      let start = (regions.last?.codes.upperBound ?? -1) + 1
      // A single code always forms a region, whose line is level.
      var longest = CodeRegion(codes: start...start, slope: 0, offset: Float(start))
      for end in start..<map.count {
        if let region = line(start...end, bounds) { longest = region }
      }
      regions.append(longest)
    }
    precondition(regions.count <= most, "the map is too irregular for its regions")
    return regions
  }

  /// The region of `codes`; `nil` where no line fits. The slope is that between the first and last inner boundary, and
  /// the offset is the middle of the range that fits.
  private static func line(_ codes: ClosedRange<Int>, _ bounds: [Float]) -> CodeRegion? {
    let (first, last) =
      codes.count > 2 ? (codes.lowerBound + 1, codes.upperBound) : (codes.lowerBound, codes.upperBound + 1)
    let slope = Float(Double(last - first) / (Double(bounds[last]) - Double(bounds[first])))
    // At the upper boundary of each code but the last, the line must lie in [code, code + 1). Just above that boundary
    // it then gives the next code or the one below, as it should.
    let rests = codes.dropLast().map { Double($0) - Double(slope) * Double(bounds[$0 + 1]) }
    guard let least = rests.max(), let greatest = rests.min(), least < greatest + 1 else { return nil }
    let region = CodeRegion(codes: codes, slope: slope, offset: Float((least + greatest + 1) / 2))
    // The line rises, so a condition that holds at both ends of a code's interval holds within the interval too.
    let fits = codes.allSatisfy { code in
      let ends = [code == 0 ? bounds[0] : bounds[code].nextUp, bounds[code + 1]].map(region.guess)
      return ends.allSatisfy { $0 == code || $0 == code - 1 }
    }
    return fits ? region : nil
  }

  /// The code that the line gives, computed in the same way as in the kernels.
  private func guess(_ ratio: Float) -> Int { max(0, Int(offset.addingProduct(slope, ratio))) }

  /// A `[3, most]` table of each region's greatest ratio, slope and offset, as `ft_codebook` expects it.
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
