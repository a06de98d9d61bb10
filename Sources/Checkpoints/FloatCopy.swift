/// Copies numbers from a file into memory as Float, and returns whether all are finite. One pass does both, at the
/// speed of memory.
///
/// The source need not be aligned. Each function reads `target.count` numbers.
enum FloatCopy {
  static func float32(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableBufferPointer<Float>) -> Bool {
    let written = UnsafeMutableRawBufferPointer(target)
    var carries = SIMD16<UInt32>.zero
    var index = 0
    while index + 16 <= target.count {
      let bits = source.loadUnaligned(fromByteOffset: 4 * index, as: SIMD16<UInt32>.self)
      written.storeBytes(of: bits, toByteOffset: 4 * index, as: SIMD16<UInt32>.self)
      carries |= carry(bits)
      index += 16
    }
    return rest(index, target, carries) { source.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self) }
  }

  static func bfloat16(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableBufferPointer<Float>) -> Bool {
    let written = UnsafeMutableRawBufferPointer(target)
    var carries = SIMD16<UInt32>.zero
    var index = 0
    while index + 16 <= target.count {
      let half = source.loadUnaligned(fromByteOffset: 2 * index, as: SIMD16<UInt16>.self)
      let bits = SIMD16<UInt32>(truncatingIfNeeded: half) &<< 16
      written.storeBytes(of: bits, toByteOffset: 4 * index, as: SIMD16<UInt32>.self)
      carries |= carry(bits)
      index += 16
    }
    return rest(index, target, carries) {
      UInt32(source.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)) << 16
    }
  }

  static func float16(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableBufferPointer<Float>) -> Bool {
    rest(0, target, .zero) {
      HalfPrecision.float(fromHalf: source.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)).bitPattern
    }
  }

  /// Sets the highest bit of each lane whose exponent is all ones, i.e. infinity or NaN. The mask clears the sign, so
  /// adding 1 to the exponent carries into the sign's bit only from an exponent of all ones.
  private static func carry(_ bits: SIMD16<UInt32>) -> SIMD16<UInt32> { (bits & 0x7F80_0000) &+ 0x0080_0000 }

  /// Copies the numbers from `first` on one by one, and returns whether all numbers, with those of `carries`, are
  /// finite.
  @inline(__always)
  private static func rest(
    _ first: Int, _ target: UnsafeMutableBufferPointer<Float>, _ carries: SIMD16<UInt32>, _ bits: (Int) -> UInt32
  ) -> Bool {
    var all: UInt32 = 0
    for lane in 0..<16 { all |= carries[lane] }
    for index in first..<target.count {
      let bits = bits(index)
      target[index] = Float(bitPattern: bits)
      all |= (bits & 0x7F80_0000) &+ 0x0080_0000
    }
    return all >> 31 == 0
  }
}
