import Support

/// The checked header of a safetensors file: every offset lies in the file, no tensors overlap, and every byte belongs
/// to the header or a tensor.
struct SafetensorsHeader {
  /// The reference library's limit for the header, in bytes.
  static let largestHeader = 100_000_000

  let entries: [WeightEntry]
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
    var entries: [WeightEntry] = []
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
    throws(CheckpointError) -> WeightEntry
  {
    func malformed(_ reason: String) -> CheckpointError { .malformed(path: path, reason: "tensor \(name): \(reason)") }
    guard let object = value.object else { throw malformed("found \(value.summary), expected an object") }
    guard let typeName = object["dtype"]?.string else { throw malformed("dtype is missing") }
    guard let type = StoredType(rawValue: typeName) else { throw malformed("unknown dtype \(typeName)") }
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
    return WeightEntry(name: name, type: type, shape: shape, range: dataStart + begin..<dataStart + end)
  }
}
