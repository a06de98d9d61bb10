/// Finds numbers that are not finite, at the speed of memory.
enum FiniteNumbers {
  /// The index of the first number that is not finite.
  static func firstFault(_ numbers: UnsafeBufferPointer<Float>) -> Int? {
    // Adding 1 to an exponent of all ones carries into the sign's bit, which the mask has left free.
    var carries = SIMD16<UInt32>.zero
    var index = 0
    let raw = UnsafeRawBufferPointer(numbers)
    while index + 16 <= numbers.count {
      let bits = raw.loadUnaligned(fromByteOffset: 4 * index, as: SIMD16<UInt32>.self)
      carries |= (bits & 0x7F80_0000) &+ 0x0080_0000
      index += 16
    }
    var last: UInt32 = 0
    while index < numbers.count {
      last |= (numbers[index].bitPattern & 0x7F80_0000) &+ 0x0080_0000
      index += 1
    }
    for lane in 0..<16 { last |= carries[lane] }
    return last >> 31 == 0 ? nil : numbers.firstIndex { !$0.isFinite }
  }
}
