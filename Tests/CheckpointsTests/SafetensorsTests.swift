import Checkpoints
import Foundation
import Support
import Tensors
import TestSupport
import Testing

@Suite struct SafetensorsTests {
  private func file(_ header: String, data: Int, length: UInt64? = nil) -> [UInt8] {
    let bytes = Array(header.utf8)
    return withUnsafeBytes(of: (length ?? UInt64(bytes.count)).littleEndian) { Array($0) } + bytes
      + [UInt8](repeating: 0, count: data)
  }

  @Test(arguments: [
    ("{}", 1), ("[]", 0), ("{", 0), ("{\"a\":1}", 0),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8),
    ("{\"a\":{\"dtype\":\"F99\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8),
    ("{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}", 0),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8),
    (
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
      12
    ),
    (
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
      8
    ),
    ("{\"__metadata__\":{\"a\":1}}", 0), ("{\"__metadata__\":{\"a\":[[[[[[[[[[1]]]]]]]]]]}}", 0),
  ]) func aLyingHeaderIsRefused(_ header: String, data: Int) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("x.safetensors", file(header, data: data))
    #expect { try SafetensorsFile(path: path) } throws: { error in
      (error as? CheckpointError)?.exitStatus == .badInput
        && (error as? CheckpointError)?.message.contains(path) == true
    }
  }

  @Test(arguments: [UInt64.max, 1 << 62, 100_000_001, 9]) func aLyingLengthIsRefused(_ length: UInt64) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("x.safetensors", file("{}", data: 0, length: length))
    #expect(throws: CheckpointError.self) { try SafetensorsFile(path: path) }
  }

  /// No truncation and no flipped header byte crashes; what opens is consistent.
  @Test func damage() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/x.safetensors"
    try SafetensorsWriter.write(
      [("first", Tensor([1, 2, 3], shape: [3])), ("second", Tensor([4, 5], shape: [1, 2]))], to: path)
    let whole = try Files.read(path)
    for length in 0..<whole.count {
      let cut = try folder.write("cut.safetensors", Array(whole[..<length]))
      #expect(throws: (any Error).self) { try SafetensorsFile(path: cut) }
    }
    for position in 0..<whole.count - 20 {
      for mask: UInt8 in [0x01, 0x20, 0x80] {
        var bytes = whole
        bytes[position] ^= mask
        let damaged = try folder.write("damaged.safetensors", bytes)
        guard let file = try? SafetensorsFile(path: damaged) else { continue }
        for entry in file.entries { _ = try? file.tensor(entry.name) }
        #expect(file.entries.allSatisfy { $0.range.upperBound <= bytes.count })
      }
    }
  }

  @Test func roundTripAndHalfPrecision() throws {
    let folder = try TemporaryFolder()
    let values: [Float] = [0, -0.0, 1, -1.5, 3.0e38, 1e-30, .infinity, 65_504]
    for (precision, tolerance) in [(SafetensorsWriter.Precision.float32, Float(0)), (.bfloat16, 0.004)] {
      let path = folder.path + "/\(precision.rawValue).safetensors"
      try SafetensorsWriter.write([("x", Tensor(values, shape: [2, 4]))], to: path, precision: precision)
      let file = try SafetensorsFile(path: path)
      #expect(file.entries.map(\.shape) == [[2, 4]] && file.metadata.map(\.key) == ["format"])
      for (read, value) in zip(try file.tensor("x").values, values) {
        #expect(read == value || abs(read - value) <= tolerance * abs(value))
      }
      #expect(throws: CheckpointError.self) { try file.read("x", into: Tensor(zeros: [4, 2])) }
      #expect(throws: CheckpointError.self) { try file.tensor("y") }
    }
    #expect(HalfPrecision.float(fromHalf: 0x3C00) == 1 && HalfPrecision.float(fromHalf: 0xC000) == -2)
    #expect(HalfPrecision.float(fromHalf: 0x7BFF) == 65_504 && HalfPrecision.float(fromHalf: 0x0001) == 0x1p-24)
    #expect(HalfPrecision.float(fromHalf: 0x7C00) == .infinity && HalfPrecision.float(fromHalf: 0x7E00).isNaN)
    // Ties go to even.
    #expect(HalfPrecision.bfloat16(Float(bitPattern: 0x3F80_8000)) == 0x3F80)
    #expect(HalfPrecision.bfloat16(Float(bitPattern: 0x3F81_8000)) == 0x3F82)
  }

  @Test(
    .enabled(if: SharedData.isPresent),
    arguments: [("tensor-1d-int32", [3]), ("tensor-2d-float64", [2, 3]), ("tensor-4d-float32", [2, 3, 3, 1])])
  func samplesOfOtherWriters(_ name: String, shape: [Int]) throws {
    let file = try SafetensorsFile(path: SharedData.path("safetensors_samples/\(name).safetensors"))
    #expect(file.entries.count == 1 && file.entries[0].count == shape.reduce(1, *))
    if file.entries[0].type != .f32 {
      #expect(throws: CheckpointError.self) { try file.tensor(file.entries[0].name) }
    } else {
      #expect(try file.tensor(file.entries[0].name).count == shape.reduce(1, *))
    }
  }
}
