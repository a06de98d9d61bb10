import Checkpoints
import Support
import Tensors
import TestSupport
import Testing

/// Frozen weights are used where the file is mapped.
@Suite struct MappedTensorTests {
  private let values: [Float] = [1, -2, 3.5, 1e-30, 5, 6]

  /// A file whose tensor data starts `shift` bytes after a multiple of 4.
  private func file(_ folder: TemporaryFolder, shift: Int) throws -> String {
    var header = Array("{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}}".utf8)
    while (8 + header.count) % 4 != shift { header.append(UInt8(ascii: " ")) }
    let bytes = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
    return try folder.write("\(shift).safetensors", bytes + values.withUnsafeBytes { Array($0) })
  }

  @Test(arguments: 0..<4) func alignment(_ shift: Int) throws {
    let (tensor, bytes) = try MemoryTally.count { tally in
      // The file and its folder are gone after this, but for the mapping.
      let folder = try TemporaryFolder()
      let tensor = try SafetensorsFile(path: file(folder, shift: shift)).mapped("a", shape: [2, 3])
      return (tensor, tally.live)
    }
    #expect(tensor.values == values && tensor.shape == [2, 3])
    #expect(tensor.storage.isReadOnly == (shift == 0) && (bytes == 0) == (shift == 0))
  }

  @Test(arguments: [SafetensorsWriter.Precision.float32, .bfloat16]) func types(_ type: SafetensorsWriter.Precision)
    throws
  {
    let folder = try TemporaryFolder()
    let path = folder.path + "/x.safetensors"
    try SafetensorsWriter.write(
      [("a", Tensor(values, shape: [2, 3])), ("empty", Tensor([], shape: [0, 3]))], to: path, precision: type)
    let file = try SafetensorsFile(path: path)
    #expect(try file.mapped("a", shape: [2, 3]).values == file.tensor("a").values)
    #expect(try file.mapped("a", shape: [2, 3]).storage.isReadOnly == (type == .float32))
    #expect(try file.mapped("empty", shape: [0, 3]).count == 0)
    #expect(throws: CheckpointError.shape(path: path, name: "a", found: [2, 3], expected: [3, 2])) {
      try file.mapped("a", shape: [3, 2])
    }
    #expect(throws: CheckpointError.self) { try file.mapped("b", shape: [2, 3]) }
  }

  /// Once it is trainable, a parameter has memory of its own: the mapping could not be written.
  @Test func thawing() throws {
    let folder = try TemporaryFolder()
    let path = try file(folder, shift: 0)
    let parameter = Parameter(name: "a", role: .matrix, value: Tensor(zeros: [2, 3]))
    parameter.isTrainable = false
    parameter.replaceValue(try SafetensorsFile(path: path).mapped("a", shape: [2, 3]))
    #expect(parameter.value.storage.isReadOnly && parameter.value.values == values)
    parameter.isTrainable = true
    #expect(!parameter.value.storage.isReadOnly && parameter.value.values == values)
    parameter.value.fill(7)
    #expect(try SafetensorsFile(path: path).tensor("a").values == values)
  }
}
