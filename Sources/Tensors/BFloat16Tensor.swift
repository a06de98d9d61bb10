import Foundation
import Support

/// A dense row-major array of bfloat16 numbers, which are the upper halves of float32 numbers. Copies share storage.
package struct BFloat16Tensor {
  package let storage: Storage
  package let shape: [Int]

  package var count: Int { shape.reduce(1, *) }

  /// First element; for how long it may be used, see ``Tensor/pointer``.
  package var pointer: UnsafeMutablePointer<UInt16> { storage.base.assumingMemoryBound(to: UInt16.self) }

  /// Uninitialized elements.
  package init(uninitialized shape: [Int]) {
    precondition(shape.allSatisfy { $0 >= 0 })
    (storage, self.shape) = (Storage(byteCount: shape.reduce(1, *) * MemoryLayout<UInt16>.stride), shape)
  }

  /// All elements zero.
  package init(zeros shape: [Int]) {
    self.init(uninitialized: shape)
    if !DryRun.isOn { pointer.update(repeating: 0, count: count) }
  }

  /// The same numbers in float32, in memory of their own.
  package func expanded() -> Tensor {
    let (result, kernels) = (Tensor(uninitialized: shape), ElementWise.kernels)
    ElementWise.forEachSlice(count) { start, count in
      kernels.bfloat16_expand(pointer + start, result.pointer + start, count)
    }
    return result
  }

  /// Takes the nearest bfloat16 of each element of a tensor of the same shape, ties to even.
  package func round(_ tensor: Tensor) {
    precondition(tensor.shape == shape)
    let kernels = ElementWise.kernels
    ElementWise.forEachSlice(count) { start, count in
      kernels.bfloat16_round(tensor.pointer + start, pointer + start, count)
    }
  }

  /// Takes one of the two neighbours of each element of a tensor of the same shape, each with the probability that
  /// makes the mean the element itself.
  ///
  /// A change that is smaller than half the distance between neighbours would always be lost in rounding to the nearest.
  /// At random, it moves the number now and then, and so counts in the long run (Gupta et al., 2015).
  package func round(_ tensor: Tensor, at random: RandomGenerator) {
    precondition(tensor.shape == shape)
    let kernels = ElementWise.kernels
    ElementWise.forEachSlice(count) { start, count in
      kernels.bfloat16_round_at_random(
        tensor.pointer + start, pointer + start, count, random.seed, random.stream, UInt64(start / 8))
    }
  }

  package func copy() -> BFloat16Tensor {
    let result = BFloat16Tensor(uninitialized: shape)
    result.copyValues(from: self)
    return result
  }

  package func copyValues(from other: BFloat16Tensor) {
    precondition(other.count == count)
    if !DryRun.isOn { pointer.update(from: other.pointer, count: count) }
  }
}
