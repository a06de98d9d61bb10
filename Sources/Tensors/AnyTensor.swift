/// Element types that tensors are stored in.
package enum ElementType: String, Sendable {
  case float32
  case bfloat16
  case uint8

  /// Bytes of one element.
  package var size: Int {
    switch self {
    case .float32: 4
    case .bfloat16: 2
    case .uint8: 1
    }
  }
}

/// A tensor of any element type, for code that only stores, counts and restores tensors.
package enum AnyTensor {
  case float32(Tensor)
  case bfloat16(BFloat16Tensor)
  case uint8(ByteTensor)

  package init(zeros shape: [Int], type: ElementType) {
    switch type {
    case .float32: self = .float32(Tensor(zeros: shape))
    case .bfloat16: self = .bfloat16(BFloat16Tensor(zeros: shape))
    case .uint8: self = .uint8(ByteTensor(zeros: shape))
    }
  }

  /// Zeros that take no memory until they are written; see ``Tensor/lazyZeros(_:)``.
  package static func lazyZeros(_ shape: [Int], type: ElementType) -> AnyTensor {
    switch type {
    case .float32: .float32(.lazyZeros(shape))
    case .bfloat16: .bfloat16(BFloat16Tensor(zeros: shape))
    case .uint8: .uint8(.lazyZeros(shape))
    }
  }

  /// Prefaults the memory of ``lazyZeros(_:type:)``; see ``Storage/commit()``.
  package func commit() {
    switch self {
    case .float32(let tensor): tensor.storage.commit()
    case .bfloat16(let tensor): tensor.storage.commit()
    case .uint8(let tensor): tensor.storage.commit()
    }
  }

  package var type: ElementType {
    switch self {
    case .float32: .float32
    case .bfloat16: .bfloat16
    case .uint8: .uint8
    }
  }

  package var shape: [Int] {
    switch self {
    case .float32(let tensor): tensor.shape
    case .bfloat16(let tensor): tensor.shape
    case .uint8(let tensor): tensor.shape
    }
  }

  package var byteCount: Int { shape.reduce(1, *) * type.size }

  /// The elements as they lie in memory; the tensor must outlive the use of the pointer.
  package var bytes: UnsafeRawBufferPointer {
    switch self {
    case .float32(let tensor): UnsafeRawBufferPointer(start: tensor.pointer, count: byteCount)
    case .bfloat16(let tensor): UnsafeRawBufferPointer(start: tensor.pointer, count: byteCount)
    case .uint8(let tensor): UnsafeRawBufferPointer(start: tensor.pointer, count: byteCount)
    }
  }

  package func copy() -> AnyTensor {
    switch self {
    case .float32(let tensor): .float32(tensor.copy())
    case .bfloat16(let tensor): .bfloat16(tensor.copy())
    case .uint8(let tensor): .uint8(tensor.copy())
    }
  }

  /// Copies the values of a tensor of the same type and count.
  package func copyValues(from other: AnyTensor) {
    switch (self, other) {
    case (.float32(let target), .float32(let source)): target.copyValues(from: source)
    case (.bfloat16(let target), .bfloat16(let source)): target.copyValues(from: source)
    case (.uint8(let target), .uint8(let source)): target.copyValues(from: source)
    default: preconditionFailure("tensors of different types")
    }
  }
}
