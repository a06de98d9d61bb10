import Support
import Tensors

/// Writes safetensors files atomically.
package enum SafetensorsWriter {
  /// The element type of the weights in the file. Checkpoints are saved as `float32`; tests use `bfloat16`.
  package enum Precision: String, Sendable {
    case float32 = "F32"
    /// Rounded to nearest, ties to even.
    case bfloat16 = "BF16"
  }

  /// Replaces `path` by a file holding `tensors` in the order given.
  ///
  /// - Throws: ``FileError`` when writing fails; the old file then stays.
  package static func write(
    _ tensors: [(name: String, tensor: Tensor)], to path: String, metadata: [(String, String)] = [("format", "pt")],
    precision: Precision = .float32
  ) throws(FileError) {
    try write(
      tensors.map { ($0.name, AnyTensor.float32($0.tensor)) }, to: path, metadata: metadata, precision: precision)
  }

  /// Replaces `path` by a file holding `tensors`, of which others than float32 are written as what they are.
  package static func write(
    _ tensors: [(name: String, tensor: AnyTensor)], to path: String, metadata: [(String, String)] = [("format", "pt")],
    precision: Precision = .float32
  ) throws(FileError) {
    var members: [JSONObject.Member] = []
    if !metadata.isEmpty {
      let pairs = metadata.map { JSONObject.Member(ByteString($0.0), .text($0.1)) }
      members.append(.init("__metadata__", .object(JSONObject(pairs))))
    }
    var offset = 0
    for (name, tensor) in tensors {
      let type = SafetensorsWriter.type(of: tensor, precision)
      let end = offset + tensor.shape.reduce(1, *) * type.size
      let fields: KeyValuePairs<String, JSON> = [
        "dtype": .text(type.rawValue), "shape": .array(tensor.shape.map(JSON.integer)),
        "data_offsets": .array([.integer(offset), .integer(end)]),
      ]
      members.append(.init(ByteString(name), .object(JSONObject(fields))))
      offset = end
    }
    var header = JSON.object(JSONObject(members)).serialized(compact: true)
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    let prefix = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
    try Files.writeAtomically(path) { write in
      try prefix.withUnsafeBytes { try write($0) }
      for (_, tensor) in tensors {
        switch tensor {
        case .float32(let tensor) where precision == .bfloat16:
          for start in stride(from: 0, to: tensor.count, by: 1 << 20) {
            let end = min(start + (1 << 20), tensor.count)
            let halves = (start..<end).map { HalfPrecision.bfloat16(tensor.pointer[$0]).littleEndian }
            try halves.withUnsafeBytes { try write($0) }
          }
        default: try write(tensor.bytes)
        }
      }
    }
  }

  private static func type(of tensor: AnyTensor, _ precision: Precision) -> StoredType {
    switch (tensor, precision) {
    case (.uint8, _): .u8
    case (.bfloat16, _): .bf16
    case (.float32, .float32): .f32
    case (.float32, .bfloat16): .bf16
    }
  }
}
