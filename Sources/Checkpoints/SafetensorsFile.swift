import Support
import Tensors

/// A safetensors file, mapped into memory and checked before anything is read from it.
public final class SafetensorsFile {
  public let path: String
  public let entries: [SafetensorsEntry]
  public let metadata: [(key: String, value: String)]
  private let file: MappedFile
  private let index: [ByteString: Int]

  /// - Throws: ``FileError`` when it cannot be opened, ``CheckpointError`` when its header is wrong.
  public init(path: String) throws {
    self.path = path
    file = try MappedFile(path: path)
    let header = try SafetensorsHeader(file.bytes, path: path)
    entries = header.entries
    metadata = header.metadata
    index = Dictionary(uniqueKeysWithValues: entries.enumerated().map { (ByteString($1.name), $0) })
  }

  public func entry(_ name: String) -> SafetensorsEntry? { index[ByteString(name)].map { entries[$0] } }

  /// Reads a tensor of F32, F16 or BF16 into `destination` as Float.
  ///
  /// - Throws: ``CheckpointError`` when it is absent, of another type or of another shape.
  public func read(_ name: String, into destination: Tensor) throws(CheckpointError) {
    let entry = try entry(name, shape: destination.shape)
    let source = UnsafeRawBufferPointer(rebasing: file.bytes[entry.range])
    defer { file.forget(entry.range) }
    let target = UnsafeMutableBufferPointer(start: destination.pointer, count: destination.count)
    switch entry.type {
    case .f32: UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
    case .f16:
      for position in target.indices {
        let bits = UInt16(littleEndian: source.loadUnaligned(fromByteOffset: 2 * position, as: UInt16.self))
        target[position] = HalfPrecision.float(fromHalf: bits)
      }
    case .bf16:
      for position in target.indices {
        let bits = UInt16(littleEndian: source.loadUnaligned(fromByteOffset: 2 * position, as: UInt16.self))
        target[position] = Float(bitPattern: UInt32(bits) << 16)
      }
    default:
      throw .unsupported(
        path: path, what: "tensor \(name): dtype", found: entry.type.rawValue, expected: "F32, F16 or BF16")
    }
  }

  private func entry(_ name: String, shape: [Int]) throws(CheckpointError) -> SafetensorsEntry {
    guard let entry = entry(name) else { throw .weights(path: path, missing: [name], unexpected: []) }
    guard entry.shape == shape else { throw .shape(path: path, name: name, found: entry.shape, expected: shape) }
    return entry
  }

  /// A tensor of F32 where it lies in the mapped file, read-only, which stays mapped as long as the tensor lives. One of
  /// another type, or not aligned to 4 bytes, is read as ``read(_:into:)`` does.
  ///
  /// - Throws: as ``read(_:into:)``.
  package func mapped(_ name: String, shape: [Int]) throws(CheckpointError) -> Tensor {
    let entry = try entry(name, shape: shape)
    guard entry.type == .f32, entry.count > 0, let base = file.bytes.baseAddress.map({ $0 + entry.range.lowerBound }),
      Int(bitPattern: base) % MemoryLayout<Float>.alignment == 0
    else {
      let tensor = Tensor(uninitialized: shape)
      try read(name, into: tensor)
      return tensor
    }
    let storage = Storage(
      borrowing: UnsafeMutableRawPointer(mutating: base), byteCount: entry.range.count, owner: file, isReadOnly: true)
    return Tensor(storage: storage, shape: shape)
  }

  /// Reads a tensor into memory of its own.
  public func tensor(_ name: String) throws(CheckpointError) -> Tensor {
    guard let entry = entry(name) else { throw .weights(path: path, missing: [name], unexpected: []) }
    let tensor = Tensor(uninitialized: entry.shape)
    try read(name, into: tensor)
    return tensor
  }

  /// Reads a tensor of U8 as bytes, and any other as ``tensor(_:)`` does.
  public func anyTensor(_ name: String) throws(CheckpointError) -> AnyTensor {
    guard let entry = entry(name), entry.type == .u8 else { return .float32(try tensor(name)) }
    let tensor = ByteTensor(uninitialized: entry.shape)
    UnsafeMutableRawBufferPointer(start: tensor.pointer, count: tensor.count)
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: file.bytes[entry.range]))
    return .uint8(tensor)
  }
}

/// Conversions of 16-bit floats, which Swift lacks on x86.
package enum HalfPrecision {
  /// IEEE 754 binary16 to binary32, exact.
  package static func float(fromHalf bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10 & 0x1F)
    let fraction = UInt32(bits & 0x3FF)
    switch exponent {
    case 0:
      let magnitude = Float(fraction) * 0x1p-24
      return sign == 0 ? magnitude : -magnitude
    case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }

  /// Rounds to bfloat16, ties to even; NaN stays NaN.
  package static func bfloat16(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if value.isNaN { return UInt16(bits >> 16) | 0x40 }
    return UInt16((bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
  }
}
