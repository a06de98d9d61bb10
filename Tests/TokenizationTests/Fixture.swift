import Foundation
import Support
import TestSupport
import Testing
import Tokenization

/// Fixtures written by Tools/make_tokenizer_fixtures.py.
enum Fixture {
  static let root = SharedData.fixture("tokenizers")

  static func json(_ name: String) throws -> JSON {
    try JSON.parse(try Files.read(root + "/" + name))
  }

  /// The cases of a file: its own, or those of the file that it is like, with its own fields on top and those that are
  /// null taken away.
  static func cases(_ path: String) throws -> [JSON] {
    let file = try json(path)
    guard let other = file["same_as"]?.string else { return try #require(file["cases"]?.array) }
    let others = try cases(path.prefix(through: try #require(path.lastIndex(of: "/"))) + other)
    guard let own = file["cases"]?.array else { return others }
    try #require(own.count == others.count)
    return zip(own, others).map { own, other in
      var merged = other.object ?? JSONObject()
      for member in own.object?.members ?? [] {
        merged[member.key.description] = member.value.isNull ? nil : member.value
      }
      return .object(merged)
    }
  }

  /// Spans from lengths: each begins where the last ended, −1 is the last again, `[start, end]` stands for itself.
  static func spans(_ compact: [JSON]) throws -> [[Int]] {
    var last = [0, 0]
    return try compact.map { item in
      if let pair = item.array {
        last = pair.compactMap(\.integer)
      } else if case let length = try #require(item.integer), length >= 0 {
        last = [last[1], last[1] + length]
      }
      return last
    }
  }

  /// The text of a case, which holds its number in the file's list.
  static func text(_ number: JSON?, of fixture: JSON) throws -> [UInt8]? {
    guard let number = number?.integer else { return nil }
    return try #require(fixture["texts"]?.array?[number].bytes?.bytes)
  }

  /// A temporary folder; the caller removes it.
  static func temporaryFolder() throws -> String {
    let path = NSTemporaryDirectory() + "/tokenizer-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  /// Loads a fixture folder with settings put on top of its tokenizer_config.json, and others on top of its tokenizer.json.
  static func tokenizer(
    _ name: String, settings: JSON = .object(JSONObject()), tokenizerJSON: JSON? = nil, renamed: JSON? = nil,
    config: JSON? = nil
  ) throws -> any Tokenizer {
    let source = root + "/folders/" + name
    if settings.object?.members.isEmpty != false, tokenizerJSON == nil, renamed == nil, config == nil {
      return try TokenizerLoader.load(folder: source)
    }
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for file in try FileManager.default.contentsOfDirectory(atPath: source) {
      try FileManager.default.copyItem(atPath: source + "/" + file, toPath: folder + "/" + file)
    }
    for member in renamed?.object?.members ?? [] {
      try FileManager.default.moveItem(
        atPath: folder + "/" + member.key.description, toPath: folder + "/" + (try #require(member.value.string)))
    }
    for (file, patch) in [
      ("tokenizer_config.json", settings), ("tokenizer.json", tokenizerJSON), ("config.json", config),
    ] {
      guard let patch else { continue }
      let path = folder + "/" + file
      try Files.writeAtomically(path, merged(try JSON.parse(try Files.read(path)), patch).serialized())
    }
    return try TokenizerLoader.load(folder: folder)
  }

  /// A value with another's members put on top, object by object; an object of another type is replaced whole.
  static func merged(_ value: JSON, _ patch: JSON) -> JSON {
    guard var object = value.object, let members = patch.object?.members,
      patch["type"] == nil || patch["type"] == value["type"]
    else { return patch }
    for member in members {
      let key = member.key.description
      object[key] = object[key].map { merged($0, member.value) } ?? member.value
    }
    return .object(object)
  }

  /// Loads a tokenizer from files given by name.
  static func load(_ files: [String: [UInt8]]) throws -> any Tokenizer {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (name, bytes) in files { try Files.writeAtomically(folder + "/" + name, bytes) }
    return try TokenizerLoader.load(folder: folder)
  }
}

/// FNV-1a over 32-bit words, as the fixture script computes it.
struct Checksum: Equatable {
  var state: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ word: Int32) {
    state = (state ^ UInt64(UInt32(bitPattern: word))) &* 0x100_0000_01B3
  }

  mutating func add(span: Range<Int>) {
    add(Int32(span.lowerBound))
    add(Int32(span.upperBound))
  }
}

extension JSON {
  var ids: [Int32]? { array?.compactMap { $0.integer.map(Int32.init) } }
}
