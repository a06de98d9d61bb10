import Support
import Tensors

/// Writes safetensors files atomically.
public enum SafetensorsWriter {
  /// Element type of the file.
  public enum Precision: String, Sendable {
    case float32 = "F32"
    /// Rounded to nearest, ties to even.
    case bfloat16 = "BF16"
  }

  /// Replaces `path` by a file holding `tensors` in the order given.
  ///
  /// - Throws: ``FileError`` when writing fails; what was there before then stays.
  public static func write(
    _ tensors: [(name: String, tensor: Tensor)], to path: String, metadata: [(String, String)] = [("format", "pt")],
    precision: Precision = .float32
  ) throws(FileError) {
    var members: [JSONObject.Member] = []
    if !metadata.isEmpty {
      let pairs = metadata.map { JSONObject.Member(ByteString($0.0), .text($0.1)) }
      members.append(.init("__metadata__", .object(JSONObject(pairs))))
    }
    let width = precision == .float32 ? 4 : 2
    var offset = 0
    for (name, tensor) in tensors {
      let end = offset + tensor.count * width
      let fields: KeyValuePairs<String, JSON> = [
        "dtype": .text(precision.rawValue), "shape": .array(tensor.shape.map(JSON.integer)),
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
        switch precision {
        case .float32:
          try write(UnsafeRawBufferPointer(start: tensor.pointer, count: tensor.byteCount))
        case .bfloat16:
          for start in stride(from: 0, to: tensor.count, by: 1 << 20) {
            let end = min(start + 1 << 20, tensor.count)
            let halves = (start..<end).map { HalfPrecision.bfloat16(tensor.pointer[$0]).littleEndian }
            try halves.withUnsafeBytes { try write($0) }
          }
        }
      }
    }
  }
}
