import Support
import Tensors

/// A file of tensors that is mapped into memory. What it holds is checked before any tensor is read.
package protocol WeightFile: AnyObject {
  var path: String { get }
  var entries: [WeightEntry] { get }
  /// The positions of ``entries`` by their names.
  var index: [ByteString: Int] { get }
  var file: MappedFile { get }
}

/// Opens files of weights by their names, as transformers does.
package enum WeightFiles {
  /// - Throws: ``FileError`` when the file cannot be opened, ``CheckpointError`` when its content is wrong or not
  ///   supported.
  package static func open(_ path: String) throws -> any WeightFile {
    path.hasSuffix(".safetensors") ? try SafetensorsFile(path: path) : try TorchFile(path: path)
  }

  /// - Throws: ``CheckpointError/malformed(path:reason:)`` for what stands in place of a file that was not fetched.
  static func requireContent(_ file: MappedFile) throws(CheckpointError) {
    guard file.bytes.prefix(pointer.count).elementsEqual(pointer) else { return }
    throw .malformed(path: file.path, reason: "it is a pointer of Git LFS, which stands for weights that are elsewhere")
  }

  private static let pointer = Array("version https://git-lfs".utf8)
}

extension WeightFile {
  /// The entry of a tensor; `nil` when the file has none of that name.
  package func entry(_ name: String) -> WeightEntry? { index[ByteString(name)].map { entries[$0] } }

  /// Reads an F32, F16 or BF16 tensor into `destination` as Float.
  ///
  /// - Parameter finite: whether to refuse NaN and infinity, which no weight may be.
  /// - Throws: ``CheckpointError`` when the tensor is absent, has another type or shape, or holds a refused number.
  package func read(_ name: String, into destination: Tensor, finite: Bool = false) throws(CheckpointError) {
    let entry = try entry(name, shape: destination.shape)
    defer { file.forget(entry.range) }
    let target = UnsafeMutableBufferPointer(start: destination.pointer, count: destination.count)
    let isFinite = entry.withElements(of: file.bytes) { source in
      switch entry.type {
      case .f16: FloatCopy.float16(source, target)
      case .bf16: FloatCopy.bfloat16(source, target)
      default: FloatCopy.float32(source, target)
      }
    }
    if finite, !isFinite { try requireFinite(UnsafeBufferPointer(target), name) }
  }

  private func requireFinite(_ values: UnsafeBufferPointer<Float>, _ name: String) throws(CheckpointError) {
    guard let fault = values.firstIndex(where: { !$0.isFinite }) else { return }
    throw .notFinite(path: path, name: name, index: fault, value: values[fault])
  }

  private func entry(_ name: String, shape: [Int]) throws(CheckpointError) -> WeightEntry {
    guard let entry = entry(name) else { throw .weights(path: path, missing: [name], unexpected: []) }
    guard entry.shape == shape else { throw .shape(path: path, name: name, found: entry.shape, expected: shape) }
    guard StoredType.weights.contains(entry.type) else {
      throw .unsupported(
        path: path, what: "tensor \(name): dtype", found: entry.type.rawValue, expected: "F32, F16 or BF16")
    }
    return entry
  }

  /// A read-only tensor whose F32 numbers stay in the mapped file; the file stays mapped as long as the tensor lives. A
  /// tensor of another type, or one with gaps or not aligned to 4 bytes, is copied as ``read(_:into:finite:)`` does.
  ///
  /// - Parameter finite: whether to refuse NaN and infinity, which no weight may be.
  /// - Throws: the errors of ``read(_:into:finite:)``.
  package func mapped(_ name: String, shape: [Int], finite: Bool = true) throws(CheckpointError) -> Tensor {
    let entry = try entry(name, shape: shape)
    guard entry.type == .f32, entry.strides == nil, entry.count > 0,
      let base = file.bytes.baseAddress.map({ $0 + entry.range.lowerBound }),
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
  package func anyMapped(_ entry: WeightEntry) throws(CheckpointError) -> AnyTensor {
    entry.type == .u8
      ? try anyTensor(entry.name) : .float32(try mapped(entry.name, shape: entry.shape, finite: false))
  }

  /// Reads a U8 tensor as bytes, and any other tensor as ``tensor(_:)`` does.
  package func anyTensor(_ name: String) throws(CheckpointError) -> AnyTensor {
    guard let entry = entry(name), entry.type == .u8 else { return .float32(try tensor(name)) }
    let tensor = ByteTensor(uninitialized: entry.shape)
    entry.withElements(of: file.bytes) { source in
      UnsafeMutableRawBufferPointer(start: tensor.pointer, count: tensor.count).copyMemory(from: source)
    }
    return .uint8(tensor)
  }
}
