import Foundation
import Support

/// A dense row-major array of `Float`; copies share storage.
package struct Tensor {
  package let storage: Storage
  package let shape: [Int]

  /// The number of elements.
  package var count: Int { shape.reduce(1, *) }
  /// Size of the last dimension; 1 for a scalar.
  package var columns: Int { shape.last ?? 1 }
  /// Product of all dimensions but the last.
  package var rows: Int { columns == 0 ? 0 : count / columns }
  package var byteCount: Int { count * MemoryLayout<Float>.stride }

  /// First element.
  ///
  /// The pointer does not keep the memory: some tensor of this storage must live until its last use. Swift may release
  /// a local tensor right after its last mention, which can be the one that took the pointer. So a pointer is taken
  /// where it is used (`kernel(x.pointer + start, count)`: the argument `x` lives until the call returns), from a
  /// tensor that something longer-lived holds: a parameter, an optimizer's state, a stored property, or a closure that
  /// mentions the tensor itself. A pointer that is kept in a value or in a variable across other statements needs one
  /// of these, or `withExtendedLifetime`.
  @inlinable
  package var pointer: UnsafeMutablePointer<Float> { base }

  @usableFromInline
  package let base: UnsafeMutablePointer<Float>

  package init(storage: Storage, shape: [Int], byteOffset: Int = 0) {
    self.storage = storage
    self.shape = shape
    base = (storage.base + byteOffset).assumingMemoryBound(to: Float.self)
  }

  /// Uninitialized elements.
  package init(uninitialized shape: [Int]) {
    precondition(shape.allSatisfy { $0 >= 0 })
    let count = shape.reduce(1, *)
    self.init(storage: Storage(byteCount: count * MemoryLayout<Float>.stride), shape: shape)
  }

  /// All elements zero.
  package init(zeros shape: [Int]) {
    self.init(uninitialized: shape)
    if !DryRun.isOn { memset(storage.base, 0, byteCount) }
  }

  /// The given elements, in row-major order.
  package init(_ values: [Float], shape: [Int]) {
    precondition(values.count == shape.reduce(1, *))
    self.init(uninitialized: shape)
    values.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { base.update(from: start, count: source.count) }
    }
  }

  /// Zeros that take no memory until they are first written, for large states of which few rows are used.
  package static func lazyZeros(_ shape: [Int]) -> Tensor {
    Tensor(storage: .lazyZeros(byteCount: shape.reduce(1, *) * MemoryLayout<Float>.stride), shape: shape)
  }

  /// A copy of the elements, in row-major order.
  package var values: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }

  /// The same elements in another shape of the same count; shares storage.
  package func reshaped(_ shape: [Int]) -> Tensor {
    precondition(shape.reduce(1, *) == count)
    return Tensor(storage: storage, shape: shape, byteOffset: UnsafeMutableRawPointer(base) - storage.base)
  }

  /// Rows `range` of the tensor seen as `[rows, columns]`; shares storage.
  package func rowSlice(_ range: Range<Int>) -> Tensor {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows)
    let offset =
      (UnsafeMutableRawPointer(base) - storage.base) + range.lowerBound * columns * MemoryLayout<Float>.stride
    return Tensor(storage: storage, shape: [range.count, columns], byteOffset: offset)
  }

  /// A tensor with the same elements in memory of its own.
  package func copy() -> Tensor {
    let result = Tensor(uninitialized: shape)
    if !DryRun.isOn { memcpy(result.base, base, byteCount) }
    return result
  }

  package func fill(_ value: Float) {
    if !DryRun.isOn { base.update(repeating: value, count: count) }
  }

  /// Copies the elements of a tensor of the same count.
  package func copyValues(from other: Tensor) {
    precondition(other.count == count)
    if !DryRun.isOn { memcpy(base, other.base, byteCount) }
  }
}
