import Foundation
import Results
import Support
import TestSupport
import Testing

/// Against the libraries that tensorboard itself uses: `Tools/make_tensorboard_fixtures.py`.
@Suite struct TensorBoardTests {
  private let fixtures: JSON
  private let time = 1_764_211_653.25

  init() throws { fixtures = try JSON.parse(Files.read(SharedData.fixture("tensorboard.json"))) }

  private func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex.utf8)
    return stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16)
    }
  }

  private func fixture(_ name: String) throws -> [UInt8] {
    bytes(try #require(fixtures["records"]?[name]?.string))
  }

  @Test func checksums() throws {
    let cases = try #require(fixtures["checksums"]?.array)
    #expect(cases.count == 10)
    for entry in cases {
      let bytes = bytes(try #require(entry["bytes"]?.string))
      #expect(Int(CRC32C.checksum(bytes)) == entry["crc32c"]?.integer)
      #expect(Int(CRC32C.masked(bytes)) == entry["masked"]?.integer)
    }
  }

  @Test func entries() throws {
    #expect(Event(time: time, content: .version("brain.Event:2")).record == (try fixture("version")))
    #expect(Event(time: time, step: 301, content: .start).record == (try fixture("start")))
    let scalars: [Event.Value] = [
      .scalar(tag: "train/loss", 0.6931), .scalar(tag: "eval/accuracy", 0), .scalar(tag: "train/gradient_norm", .nan),
    ]
    #expect(Event(time: time, step: 300, content: .values(scalars)).record == (try fixture("scalars")))
  }

  @Test func hyperParameters() throws {
    var record = RunRecord()
    record.config = .object(
      JSONObject([
        "batch_size": .integer(32), "learning_rate": .null, "epochs": .null, "no_shuffle": .bool(false),
        "schedule": .text("linear"), "optimizer_option": .object(JSONObject(["eps": .text("1e-8")])),
        "task": .text("grüße"), "weight_decay": .real(0),
      ]))
    record.optimizer = .object(
      JSONObject(["learning_rate": .real(5e-4), "options": .object(JSONObject(["eps": .real(1e-8)]))]))
    let started = HyperParameters.started(record, time: time)
    #expect(Event(time: time, content: .values([started])).record == (try fixture("started")))
    for status in [RunStatus.completed, .interrupted] {
      let ended = HyperParameters.ended(status, time: time)
      #expect(Event(time: time, content: .values([ended])).record == (try fixture(status.rawValue)))
    }
  }

  @Test func integersOfManyBytes() {
    var message = ProtobufMessage()
    message.add(2, integer: -1)
    message.add(300, integer: 1 << 40)
    // A negative number has ten bytes; the number 300 of a member is two, as is its type.
    #expect(
      message.bytes == [0x10] + [UInt8](repeating: 0xFF, count: 9) + [0x01, 0xE0, 0x12] + [
        0x80, 0x80, 0x80, 0x80, 0x80, 0x20,
      ])
  }

  /// A file holds whole entries only, also where the disk is full; an earlier run's files go, and nothing else.
  @Test func files() throws {
    let folder = try TemporaryFolder()
    let step = StepRecord(
      step: 1, epoch: 1, loss: 0.5, learningRate: 0.1, gradientNorm: 1, tokens: 10, seconds: 0.5)
    let first = try EventFile(run: folder.path, RunRecord())
    try first.append(step)
    let second = try EventFile(run: folder.path, RunRecord())
    try second.finish(.completed)
    let names = try Files.entries(folder.path + "/tensorboard")
    #expect(names.count == 2 && names.allSatisfy { $0.hasPrefix("events.out.tfevents.") })
    for name in names {
      let bytes = try Files.read(folder.path + "/tensorboard/" + name)
      var (at, count) = (0, 0)
      while at + 12 < bytes.count {
        at += 16 + bytes[at..<(at + 8)].reversed().reduce(0) { $0 << 8 | Int($1) }
        count += 1
      }
      #expect(at == bytes.count && count == 4)
    }
    try folder.write("tensorboard/notes.txt", "mine")
    try EventFile.removeAll(ofRun: folder.path)
    #expect(try Files.entries(folder.path + "/tensorboard") == ["notes.txt"])
    try Files.remove(folder.path + "/tensorboard/notes.txt")
    try EventFile.removeAll(ofRun: folder.path)
    _ = try EventFile(run: folder.path, RunRecord())
    try EventFile.removeAll(ofRun: folder.path)
    #expect(!Files.exists(folder.path + "/tensorboard"))
    try EventFile.removeAll(ofRun: folder.path)
  }
}
