import Foundation
import Support

/// A dense row-major array of bytes, which hold the codes of quantized numbers. Copies share storage.
package struct ByteTensor {
  package let storage: Storage
  package let shape: [Int]

  package var count: Int { shape.reduce(1, *) }

  /// First element; for how long it may be used, see ``Tensor/pointer``.
  package var pointer: UnsafeMutablePointer<UInt8> { storage.base.assumingMemoryBound(to: UInt8.self) }

  private init(storage: Storage, shape: [Int]) { (self.storage, self.shape) = (storage, shape) }

  /// Uninitialized elements.
  package init(uninitialized shape: [Int]) {
    precondition(shape.allSatisfy { $0 >= 0 })
    self.init(storage: Storage(byteCount: shape.reduce(1, *)), shape: shape)
  }

  /// All elements zero.
  package init(zeros shape: [Int]) {
    self.init(uninitialized: shape)
    if !DryRun.isOn { memset(storage.base, 0, count) }
  }

  package init(_ values: [UInt8], shape: [Int]) {
    precondition(values.count == shape.reduce(1, *))
    self.init(uninitialized: shape)
    guard !DryRun.isOn else { return }
    values.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { pointer.update(from: start, count: source.count) }
    }
  }

  /// Zeros that take no memory until they are first written.
  package static func lazyZeros(_ shape: [Int]) -> ByteTensor {
    ByteTensor(storage: .lazyZeros(byteCount: shape.reduce(1, *)), shape: shape)
  }

  package var values: [UInt8] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

  package func copy() -> ByteTensor {
    let result = ByteTensor(uninitialized: shape)
    result.copyValues(from: self)
    return result
  }

  package func copyValues(from other: ByteTensor) {
    precondition(other.count == count)
    if !DryRun.isOn { memcpy(storage.base, other.storage.base, count) }
  }
}
