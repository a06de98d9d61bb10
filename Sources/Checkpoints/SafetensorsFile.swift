import Support
import Tensors

/// A safetensors file that is mapped into memory. Its header is checked before any tensor is read.
package final class SafetensorsFile {
  package let path: String
  package let entries: [SafetensorsEntry]
  package let metadata: [(key: String, value: String)]
  private let file: MappedFile
  private let index: [ByteString: Int]

  /// - Throws: ``FileError`` when the file cannot be opened, ``CheckpointError`` when its header is wrong.
  package init(path: String) throws {
    self.path = path
    file = try MappedFile(path: path)
    let header = try SafetensorsHeader(file.bytes, path: path)
    entries = header.entries
    metadata = header.metadata
    index = Dictionary(uniqueKeysWithValues: entries.enumerated().map { (ByteString($1.name), $0) })
  }

  /// The entry of a tensor; `nil` when the file has none of that name.
  package func entry(_ name: String) -> SafetensorsEntry? { index[ByteString(name)].map { entries[$0] } }

  /// Reads an F32, F16 or BF16 tensor into `destination` as Float.
  ///
  /// - Parameter finite: whether to refuse NaN and infinity, which no weight may be.
  /// - Throws: ``CheckpointError`` when the tensor is absent, has another type or shape, or holds a refused number.
  package func read(_ name: String, into destination: Tensor, finite: Bool = false) throws(CheckpointError) {
    let entry = try entry(name, shape: destination.shape)
    let source = UnsafeRawBufferPointer(rebasing: file.bytes[entry.range])
    defer { file.forget(entry.range) }
    let target = UnsafeMutableBufferPointer(start: destination.pointer, count: destination.count)
    let isFinite =
      switch entry.type {
      case .f16: FloatCopy.float16(source, target)
      case .bf16: FloatCopy.bfloat16(source, target)
      default: FloatCopy.float32(source, target)
      }
    if finite, !isFinite { try requireFinite(UnsafeBufferPointer(target), name) }
  }

  private func requireFinite(_ values: UnsafeBufferPointer<Float>, _ name: String) throws(CheckpointError) {
    guard let fault = values.firstIndex(where: { !$0.isFinite }) else { return }
    throw .notFinite(path: path, name: name, index: fault, value: values[fault])
  }

  private func entry(_ name: String, shape: [Int]) throws(CheckpointError) -> SafetensorsEntry {
    guard let entry = entry(name) else { throw .weights(path: path, missing: [name], unexpected: []) }
    guard entry.shape == shape else { throw .shape(path: path, name: name, found: entry.shape, expected: shape) }
    guard [.f32, .f16, .bf16].contains(entry.type) else {
      throw .unsupported(
        path: path, what: "tensor \(name): dtype", found: entry.type.rawValue, expected: "F32, F16 or BF16")
    }
    return entry
  }

  /// A read-only tensor whose F32 numbers stay in the mapped file; the file stays mapped as long as the tensor lives. A
  /// tensor of another type, or one not aligned to 4 bytes, is copied as ``read(_:into:finite:)`` does.
  ///
  /// - Parameter finite: whether to refuse NaN and infinity, which no weight may be.
  /// - Throws: the errors of ``read(_:into:finite:)``.
  package func mapped(_ name: String, shape: [Int], finite: Bool = true) throws(CheckpointError) -> Tensor {
    let entry = try entry(name, shape: shape)
    guard entry.type == .f32, entry.count > 0, let base = file.bytes.baseAddress.map({ $0 + entry.range.lowerBound }),
      Int(bitPattern: base) % MemoryLayout<Float>.alignment == 0
    else {
      let tensor = Tensor(uninitialized: shape)
      try read(name, into: tensor, finite: finite)
      return tensor
    }
    if finite {
      try requireFinite(
        UnsafeBufferPointer(start: base.assumingMemoryBound(to: Float.self), count: entry.count), name)
    }
    let storage = Storage(
      borrowing: UnsafeMutableRawPointer(mutating: base), byteCount: entry.range.count, owner: file, isReadOnly: true)
    return Tensor(storage: storage, shape: shape)
  }

  /// Reads an F32, F16 or BF16 tensor into memory of its own; non-finite numbers are allowed.
  package func tensor(_ name: String) throws(CheckpointError) -> Tensor {
    guard let entry = entry(name) else { throw .weights(path: path, missing: [name], unexpected: []) }
    let tensor = Tensor(uninitialized: entry.shape)
    try read(name, into: tensor)
    return tensor
  }

  /// A U8 tensor as bytes, and any other as ``mapped(_:shape:finite:)`` gives it; non-finite numbers are allowed.
  package func anyMapped(_ entry: SafetensorsEntry) throws(CheckpointError) -> AnyTensor {
    entry.type == .u8
      ? try anyTensor(entry.name) : .float32(try mapped(entry.name, shape: entry.shape, finite: false))
  }

  /// Reads a U8 tensor as bytes, and any other tensor as ``tensor(_:)`` does.
  package func anyTensor(_ name: String) throws(CheckpointError) -> AnyTensor {
    guard let entry = entry(name), entry.type == .u8 else { return .float32(try tensor(name)) }
    let tensor = ByteTensor(uninitialized: entry.shape)
    UnsafeMutableRawBufferPointer(start: tensor.pointer, count: tensor.count)
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: file.bytes[entry.range]))
    return .uint8(tensor)
  }
}
