import Support

/// Element types of the safetensors format.
package enum SafetensorsType: String, Sendable, CaseIterable {
  case f64 = "F64"
  case f32 = "F32"
  case f16 = "F16"
  case bf16 = "BF16"
  case i64 = "I64"
  case i32 = "I32"
  case i16 = "I16"
  case i8 = "I8"
  case u64 = "U64"
  case u32 = "U32"
  case u16 = "U16"
  case u8 = "U8"
  case bool = "BOOL"
  case f8e4m3 = "F8_E4M3"
  case f8e5m2 = "F8_E5M2"

  /// Bytes of one element.
  package var size: Int {
    switch self {
    case .f64, .i64, .u64: 8
    case .f32, .i32, .u32: 4
    case .f16, .bf16, .i16, .u16: 2
    default: 1
    }
  }
}

/// The name, type, shape and place of one tensor in a safetensors file.
package struct SafetensorsEntry: Sendable, Equatable {
  package let name: String
  package let type: SafetensorsType
  package let shape: [Int]
  /// The byte range of the tensor's data, counted from the start of the file.
  package let range: Range<Int>
  /// The number of elements.
  package var count: Int { shape.reduce(1, *) }
}

/// The checked header of a safetensors file: every offset lies in the file, no tensors overlap, and every byte belongs
/// to the header or a tensor.
struct SafetensorsHeader {
  /// The reference library's limit for the header, in bytes.
  static let largestHeader = 100_000_000

  let entries: [SafetensorsEntry]
  let metadata: [(key: String, value: String)]

  init(_ file: UnsafeRawBufferPointer, path: String) throws(CheckpointError) {
    func malformed(_ reason: String) -> CheckpointError { .malformed(path: path, reason: reason) }
    guard file.count >= 8 else { throw malformed("\(file.count) bytes, expected a header length of 8 bytes") }
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(SafetensorsHeader.largestHeader), length <= UInt64(file.count - 8) else {
      throw malformed("header length \(length) does not fit a file of \(file.count) bytes")
    }
    let dataStart = 8 + Int(length)
    let json: JSON
    do throws(JSONParseError) {
      json = try JSON.parse(file[8..<dataStart], maximumDepth: 8)
    } catch {
      throw malformed("header: \(error.description)")
    }
    guard let object = json.object else { throw malformed("header is \(json.summary), expected an object") }
    var entries: [SafetensorsEntry] = []
    var metadata: [(key: String, value: String)] = []
    for member in object.members {
      let name = member.key.description
      if name == "__metadata__" {
        guard let pairs = member.value.object else { throw malformed("__metadata__ is not an object") }
        for pair in pairs.members {
          guard let text = pair.value.string else {
            throw malformed("__metadata__ key \(pair.key): found \(pair.value.summary), expected a string")
          }
          metadata.append((pair.key.description, text))
        }
      } else {
        entries.append(
          try SafetensorsHeader.entry(name, member.value, dataStart: dataStart, fileSize: file.count, path: path))
      }
    }
    let sorted = entries.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    var end = dataStart
    for entry in sorted {
      guard entry.range.lowerBound == end else {
        let fault = entry.range.lowerBound < end ? "overlaps the tensor before it" : "leaves bytes before it unused"
        throw malformed("tensor \(entry.name) \(fault)")
      }
      end = entry.range.upperBound
    }
    guard end == file.count else { throw malformed("\(file.count - end) bytes after the last tensor") }
    self.entries = entries
    self.metadata = metadata
  }

  private static func entry(_ name: String, _ value: JSON, dataStart: Int, fileSize: Int, path: String)
    throws(CheckpointError) -> SafetensorsEntry
  {
    func malformed(_ reason: String) -> CheckpointError { .malformed(path: path, reason: "tensor \(name): \(reason)") }
    guard let object = value.object else { throw malformed("found \(value.summary), expected an object") }
    guard let typeName = object["dtype"]?.string else { throw malformed("dtype is missing") }
    guard let type = SafetensorsType(rawValue: typeName) else { throw malformed("unknown dtype \(typeName)") }
    guard let dimensions = object["shape"]?.array else { throw malformed("shape is missing") }
    var shape: [Int] = []
    var bytes = type.size
    for dimension in dimensions {
      guard let size = dimension.integer, size >= 0 else { throw malformed("shape holds \(dimension.summary)") }
      let (product, overflow) = bytes.multipliedReportingOverflow(by: size)
      guard !overflow else { throw malformed("shape is larger than memory") }
      bytes = product
      shape.append(size)
    }
    guard let offsets = object["data_offsets"]?.array, offsets.count == 2, let begin = offsets[0].integer,
      let end = offsets[1].integer
    else { throw malformed("data_offsets is not a pair of integers") }
    guard begin >= 0, begin <= end, end <= fileSize - dataStart else {
      throw malformed("data_offsets [\(begin), \(end)] lie outside \(fileSize - dataStart) bytes of data")
    }
    guard end - begin == bytes else {
      throw malformed("data_offsets span \(end - begin) bytes, shape \(shape) of \(typeName) needs \(bytes)")
    }
    return SafetensorsEntry(name: name, type: type, shape: shape, range: dataStart + begin..<dataStart + end)
  }
}
