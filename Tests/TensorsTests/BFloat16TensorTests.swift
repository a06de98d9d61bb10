import Support
import Tensors
import TestSupport
import Testing

/// Numbers stored in bfloat16, against the same rules one number at a time.
@Suite(.serialized) struct BFloat16TensorTests {
  /// Ordinary numbers, ties, zeros, the smallest and the largest, at counts that no vector divides.
  private func numbers(_ count: Int) -> Tensor {
    let tensor = Tensor(uninitialized: [count])
    RandomGenerator(seed: 5).fillNormal(tensor)
    let special: [Float] = [
      0, -0.0, 1, 1.00390625, 1.01171875, -1.00390625, .leastNonzeroMagnitude, .leastNormalMagnitude,
      .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
    ]
    for (index, value) in special.enumerated() where index < count { tensor.pointer[index] = value }
    return tensor
  }

  private func halves(_ tensor: BFloat16Tensor) -> [UInt16] { (0..<tensor.count).map { tensor.pointer[$0] } }

  /// The nearer of the two neighbours; of two as near, the even one. Beyond the largest number is infinity.
  private func nearest(_ value: Float) -> UInt16 {
    let below = UInt16(value.bitPattern >> 16)
    func distance(_ half: UInt16) -> Double {
      let neighbour = Float(bitPattern: UInt32(half) << 16)
      // Infinity counts as the number that would come next.
      let next = neighbour.isFinite ? Double(neighbour) : (neighbour > 0 ? 0x1p128 : -0x1p128)
      return abs(next - Double(value))
    }
    let (left, right) = (distance(below), distance(below + 1))
    return left < right || (left == right && below % 2 == 0) ? below : below + 1
  }

  @Test(arguments: [1, 15, 16, 129, 40_001]) func nearest(_ count: Int) {
    let (numbers, rounded) = (numbers(count), BFloat16Tensor(uninitialized: [count]))
    rounded.round(numbers)
    #expect(halves(rounded) == numbers.values.map(nearest))
    let expanded = rounded.expanded()
    #expect(expanded.values.map(\.bitPattern) == halves(rounded).map { UInt32($0) << 16 })
  }

  /// Half a word of the generator is added to the bits that are cut off.
  @Test(arguments: [1, 15, 129, 40_001], [1, 2]) func atRandom(_ count: Int, threads: Int) {
    ThreadPool.shared.configure(threads: threads)
    let (numbers, rounded) = (numbers(count), BFloat16Tensor(uninitialized: [count]))
    let random = RandomGenerator(seed: 7).stream("rounding")
    rounded.round(numbers, at: random)
    let expected = numbers.values.enumerated().map { index, value -> UInt16 in
      let word = random.word(UInt64(index / 2))
      let sum = value.bitPattern + (index % 2 == 0 ? word & 0xFFFF : word >> 16)
      return UInt16((Float(bitPattern: sum).isFinite ? sum : value.bitPattern) >> 16)
    }
    #expect(halves(rounded) == expected)
  }

  /// The mean of many roundings is the number, and a number that needs no rounding stays.
  @Test func mean() {
    let count = 100_000
    let (numbers, rounded) = (Tensor(uninitialized: [count]), BFloat16Tensor(uninitialized: [count]))
    numbers.fill(1.001)
    rounded.round(numbers, at: RandomGenerator(seed: 1))
    let values = rounded.expanded().values
    #expect(Set(values) == [1, 1.0078125])
    #expect(abs(values.reduce(0.0) { $0 + Double($1) } / Double(count) - 1.001) < 3e-5)
    numbers.fill(1.0078125)
    rounded.round(numbers, at: RandomGenerator(seed: 2))
    #expect(rounded.expanded().values.allSatisfy { $0 == 1.0078125 })
  }
}
