import CKernels
import Tensors

/// A quantization map, with the tables by which the C kernels find codes. It is unchecked `Sendable` because only the
/// initializer writes the tables.
package final class Codebook: @unchecked Sendable {
  /// How a ratio x / scale finds its code.
  package enum Lookup: String, CaseIterable {
    /// The code of the nearest value; of two equally near values, the lower one.
    case nearest
    /// As in the CPU quantizer of bitsandbytes: the ratio is put in one of 65,536 equal bins over [−1, 1], and the code
    /// is that of the value nearest to the bin's middle. An exact 0 becomes 2.1e-5 of the scale, so weights without a
    /// gradient drift.
    case bitsandbytesCPU = "bitsandbytes-cpu"
  }

  /// The value of each code as a fraction of the scale, in ascending order.
  package let values: [Float]
  /// The number of bits of a code, 8 or 4.
  package let bits: Int
  private let table: Tensor
  private let pairs: Tensor
  private let boundaries: Tensor
  private let bins: ByteTensor
  private let regions: Tensor
  private let tables: UnsafeMutablePointer<ft_codebook>

  /// - Parameter map: 256 or 16 ascending values, e.g. ``QuantizationMap/dynamicSigned``. Two codes of 16 values share
  ///   a byte.
  package init(_ map: [Float], lookup: Lookup = .nearest) {
    precondition(map.count == 256 || (map.count == 16 && lookup == .nearest))
    values = map
    bits = map.count == 256 ? 8 : 4
    table = Tensor(map, shape: [map.count])
    pairs = Tensor(bits == 4 ? (0..<256).flatMap { [map[$0 & 15], map[$0 >> 4]] } : [], shape: [bits == 4 ? 512 : 0])
    let limits = Codebook.boundaries(of: map)
    boundaries = Tensor(limits, shape: [limits.count])
    bins = ByteTensor(zeros: [1 << 16])
    regions = CodeRegion.table(bits == 8 ? CodeRegion.cover(map, limits) : [], limits: limits)
    tables = .allocate(capacity: 1)
    tables.initialize(
      to: ft_codebook(
        bits: Int32(bits), uniform: lookup == .nearest ? 0 : 1, values: table.pointer, pairs: pairs.pointer,
        boundaries: boundaries.pointer, bins: bins.pointer, regions: regions.pointer))
    switch lookup {
    case .nearest:
      for bin in 0..<1 << 16 {
        guard let (lowest, highest) = Codebook.floats(ofBin: UInt32(bin)) else { continue }
        let code = Codebook.code(of: lowest, limits)
        precondition(Codebook.code(of: highest, limits) <= code + 1, "the map is too fine for its bins")
        bins.pointer[bin] = UInt8(code)
      }
    case .bitsandbytesCPU:
      for bin in 0..<1 << 16 {
        bins.pointer[bin] = UInt8(Codebook.code(of: -1 + 2 * Float(bin) / 65_535, limits))
      }
    }
  }

  deinit { tables.deallocate() }

  /// The tables that the kernels read. The pointer is valid as long as this object lives.
  package var pointer: UnsafePointer<ft_codebook> { UnsafePointer(tables) }

  /// The number of bytes that hold `count` codes.
  package func byteCount(_ count: Int) -> Int { bits == 8 ? count : (count + 1) / 2 }

  /// For each value the largest float that is at least as near to it as to the next value; infinity for the last value.
  private static func boundaries(of map: [Float]) -> [Float] {
    zip(map, map.dropFirst()).map { low, high in
      // The middle is exact, because the sum of two floats of these sizes fits a Double.
      let middle = (Double(low) + Double(high)) / 2
      let rounded = Float(middle)
      return Double(rounded) > middle ? rounded.nextDown : rounded
    } + [.infinity]
  }

  /// The number of boundaries below `value`, by bisection.
  private static func code(of value: Float, _ boundaries: [Float]) -> Int {
    var (low, high) = (0, boundaries.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if value > boundaries[middle] { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The least and the greatest float whose upper 16 bits are `bin`; `nil` for bins that hold no finite number.
  private static func floats(ofBin bin: UInt32) -> (Float, Float)? {
    let (first, last) = (Float(bitPattern: bin << 16), Float(bitPattern: bin << 16 | 0xFFFF))
    guard first.isFinite else { return nil }
    return first <= last ? (first, last) : (last, first)
  }
}
