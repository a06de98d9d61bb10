import Checkpoints
import Foundation
import Support
import Tensors
import TestSupport
import Testing

/// State dicts as `torch.save` writes them, from Tools/make_pickle_fixtures.py.
@Suite struct TorchFileTests {
  private func fixture(_ name: String) -> String { SharedData.fixture("pickles/\(name)") }

  /// The same tensors as torch wrote to safetensors, bit for bit: of every type, with gaps, sharing storages, Parameters.
  @Test(arguments: ["types", "views", "parameters", "module"]) func tensorsAreEqual(_ name: String) throws {
    let (file, expected) = (
      try TorchFile(path: fixture(name + ".bin")), try SafetensorsFile(path: fixture(name + ".safetensors"))
    )
    #expect(Set(file.entries.map(\.name)) == Set(expected.entries.map(\.name)))
    for entry in file.entries {
      let other = try #require(expected.entry(entry.name))
      #expect(entry.type == other.type && entry.shape == other.shape, "\(entry.name)")
      if entry.strides == nil {
        #expect(file.file.bytes[entry.range].elementsEqual(expected.file.bytes[other.range]), "\(entry.name)")
      }
      guard StoredType.weights.contains(entry.type) else { continue }
      let (left, right) = (try file.tensor(entry.name), try expected.tensor(entry.name))
      #expect(left.values.map(\.bitPattern) == right.values.map(\.bitPattern), "\(entry.name)")
      #expect(try file.mapped(entry.name, shape: entry.shape).values == right.values)
    }
  }

  @Test func viewsKnowTheirStrides() throws {
    let file = try TorchFile(path: fixture("views.bin"))
    func strides(_ name: String) -> [Int]? { file.entry(name)?.strides }
    #expect(strides("transposed") == [1, 8, 48] && strides("every_second") == [48, 16, 3])
    #expect(["whole", "row", "tail", "again", "expanded_one"].allSatisfy { strides($0) == nil })
    #expect(file.entry("again")?.range == file.entry("whole")?.range)
  }

  /// Frozen weights stay where the file is mapped, as those of safetensors do; a view with gaps is copied.
  @Test func tensorsStayInTheFile() throws {
    func memory(_ file: String, _ name: String, _ shape: [Int]) throws -> (Tensor, Int) {
      try MemoryTally.count { tally in
        (try TorchFile(path: fixture(file)).mapped(name, shape: shape), tally.live)
      }
    }
    let (whole, none) = try memory("views.bin", "whole", [4, 6, 8])
    #expect(whole.storage.isReadOnly && none == 0)
    let (view, some) = try memory("views.bin", "transposed", [8, 6, 4])
    #expect(!view.storage.isReadOnly && some > 0)
    let (half, _) = try memory("types.bin", "bfloat16", [5, 7])
    #expect(!half.storage.isReadOnly)
  }

  @Test func otherTypesAreRefusedByName() throws {
    let file = try TorchFile(path: fixture("types.bin"))
    for (name, type) in [("float64", "F64"), ("int64", "I64"), ("bool", "BOOL")] {
      #expect { try file.tensor(name) } throws: { error in
        let message = (error as? CheckpointError)?.message ?? ""
        return message.contains("types.bin: tensor \(name): dtype \(type)")
      }
    }
  }

  static let refused: [String] = {
    let path = SharedData.fixture("pickles/refused.json")
    let file = (try? Files.read(path)).flatMap { try? JSON.parse($0) }
    return file?["torch"]?.object?.members.map(\.key.description) ?? []
  }()

  @Test func thereAreFilesToRefuse() throws {
    #expect(TorchFileTests.refused.count > 60)
    // The same archive without a fault.
    #expect(try TorchFile(path: fixture("sound.bin")).tensor("w0").values == [0, 1, 2, 3, 4, 5])
  }

  /// Calls of functions, containers in each other, sizes beyond memory, archives that are cut or lie about themselves:
  /// each is an error that names the file, soon and without a crash.
  @Test(arguments: refused) func hostileFilesAreRefused(_ name: String) throws {
    let path = fixture("refused/\(name).bin")
    let start = ContinuousClock.now
    #expect { try TorchFile(path: path) } throws: { error in
      guard let error = error as? CheckpointError else { return false }
      return error.message.hasPrefix(path) && error.exitStatus == .badInput
    }
    #expect(ContinuousClock.now - start < .seconds(2))
  }

  /// What a pickle refers to is named, and is not run.
  @Test(arguments: [
    "system": "posix.system", "eval": "__builtin__.eval", "popen": "commands.Popen", "getattr": "__builtin__.getattr",
    "torch-load": "torch.serialization.load", "dotted": "torch._utils.os.system", "quantized": "torch.QInt8Storage",
    "complex": "torch.ComplexFloatStorage",
  ])
  func refusedNamesAreGiven(_ name: String, _ global: String) throws {
    let path = fixture("refused/\(name).bin")
    #expect(throws: CheckpointError.refusedGlobal(path: path, name: global)) { try TorchFile(path: path) }
    #expect(!Files.exists("/tmp/pickle-was-run"))
  }

  /// What can be done is said where the file is only of another format.
  @Test(arguments: [
    ("old-format", "save_file"), ("compressed", "save it again"), ("big-endian", "little"), ("lfs", "Git LFS"),
    ("nested", "key \"model\" is a dictionary"), ("number", "key \"epoch\" is 3"), ("expanded", "save its clone"),
    ("protocol-4", "pickle protocol 4"), ("truncated", "not fetched whole"), ("short-storage", "tensor w0"),
    ("past-the-end", "tensor w0: shape [2, 3] with strides [3, 1] from element 1"),
  ])
  func messagesSayWhatToDo(_ name: String, _ part: String) throws {
    #expect { try TorchFile(path: fixture("refused/\(name).bin")) } throws: { error in
      (error as? CheckpointError)?.message.contains(part) == true
    }
  }

  /// Every prefix of a file, and every file with one byte changed, is read or refused.
  @Test func everyCutAndEveryByte() throws {
    let folder = try TemporaryFolder()
    let whole = try Files.read(fixture("sound.bin"))
    var taken = 0
    for at in whole.indices {
      if at % 8 == 0 {
        let cut = try folder.write("cut.bin", Array(whole[..<at]))
        #expect(throws: CheckpointError.self, "\(at)") { try TorchFile(path: cut) }
      }
      for value in [0xFF, whole[at] ^ 1] {
        var bytes = whole
        bytes[at] = value
        let path = try folder.write("byte.bin", bytes)
        do {
          let file = try TorchFile(path: path)
          for entry in file.entries where StoredType.weights.contains(entry.type) { _ = try file.tensor(entry.name) }
          taken += 1
        } catch is CheckpointError {}
      }
    }
    // The numbers themselves may have any byte.
    #expect(taken >= 24)
  }

  /// Archives of more than 4 GiB are of another layout, which torch uses as soon as it is needed.
  @Test func archivesBeyondFourGibibytes() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("wide.bin", Array(TorchFileTests.widened(Files.read(fixture("sound.bin")))))
    #expect(try TorchFile(path: path).tensor("w0").values == [0, 1, 2, 3, 4, 5])
  }

  /// The archive with the directory that zip64 has: sizes and places in extra fields, and a second record at the end.
  private static func widened(_ file: [UInt8]) throws -> [UInt8] {
    func number(_ at: Int, _ count: Int) -> Int { (0..<count).reversed().reduce(0) { $0 << 8 | Int(file[at + $1]) } }
    func bytes(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let end = file.count - 22
    let (start, count) = (number(end + 16, 4), number(end + 10, 2))
    var directory: [UInt8] = []
    var at = start
    for _ in 0..<count {
      let name = number(at + 28, 2)
      var entry = Array(file[at..<at + 46])
      let extra =
        bytes(1, 2) + bytes(24, 2) + bytes(number(at + 24, 4), 8) + bytes(number(at + 20, 4), 8)
        + bytes(number(at + 42, 4), 8)
      for field in [20, 24, 42] { entry.replaceSubrange(field..<field + 4, with: [0xFF, 0xFF, 0xFF, 0xFF]) }
      entry.replaceSubrange(30..<32, with: bytes(extra.count, 2))
      directory += entry + file[at + 46..<at + 46 + name] + extra
      at += 46 + name + number(at + 30, 2)
    }
    let record = start + directory.count
    return file[..<start] + directory + bytes(0x0606_4B50, 4) + bytes(44, 8) + bytes(45, 2) + bytes(45, 2)
      + bytes(0, 8) + bytes(count, 8) + bytes(count, 8) + bytes(directory.count, 8) + bytes(start, 8)
      + bytes(0x0706_4B50, 4) + bytes(0, 4) + bytes(record, 8) + bytes(1, 4)
      + bytes(0x0605_4B50, 4) + bytes(0, 4) + [0xFF, 0xFF, 0xFF, 0xFF] + [UInt8](repeating: 0xFF, count: 8)
      + bytes(0, 2)
  }
}
