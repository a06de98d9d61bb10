import Foundation
import Support

/// A dense row-major array of bytes: codes of quantized numbers. Copies share storage.
public struct ByteTensor {
  package let storage: Storage
  public let shape: [Int]

  public var count: Int { shape.reduce(1, *) }

  /// First element; for how long it may be used, see ``Tensor/pointer``.
  public var pointer: UnsafeMutablePointer<UInt8> { storage.base.assumingMemoryBound(to: UInt8.self) }

  private init(storage: Storage, shape: [Int]) { (self.storage, self.shape) = (storage, shape) }

  /// Uninitialized elements.
  public init(uninitialized shape: [Int]) {
    precondition(shape.allSatisfy { $0 >= 0 })
    self.init(storage: Storage(byteCount: shape.reduce(1, *)), shape: shape)
  }

  /// All elements zero.
  public init(zeros shape: [Int]) {
    self.init(uninitialized: shape)
    if !DryRun.isOn { memset(storage.base, 0, count) }
  }

  public init(_ values: [UInt8], shape: [Int]) {
    precondition(values.count == shape.reduce(1, *))
    self.init(uninitialized: shape)
    guard !DryRun.isOn else { return }
    values.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { pointer.update(from: start, count: source.count) }
    }
  }

  /// Zero elements whose memory the system commits only when it is first written.
  public static func lazyZeros(_ shape: [Int]) -> ByteTensor {
    ByteTensor(storage: .lazyZeros(byteCount: shape.reduce(1, *)), shape: shape)
  }

  public var values: [UInt8] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

  public func copy() -> ByteTensor {
    let result = ByteTensor(uninitialized: shape)
    result.copyValues(from: self)
    return result
  }

  public func copyValues(from other: ByteTensor) {
    precondition(other.count == count)
    if !DryRun.isOn { memcpy(storage.base, other.storage.base, count) }
  }
}
