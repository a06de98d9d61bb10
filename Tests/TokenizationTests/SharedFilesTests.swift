import Foundation
import Support
import TestSupport
import Testing
import Tokenization

/// Ids of the real files beside the project, through the checksums that the reference libraries gave.
///
/// Files below 1.1 MB, all of CoLA and MRPC among them; every file where the environment has
/// FINETUNE_ALL_FILES.
@Suite(.enabled(if: SharedData.isPresent, "needs ../shared/data")) struct SharedFilesTests {
  /// The pieces of a file that are compared: fields between tabs and line feeds, cut after 65,536 bytes at a character.
  static func texts(_ path: String) throws -> [[UInt8]] {
    var out: [[UInt8]] = []
    for field in try Files.read(path).split(whereSeparator: { $0 == 9 || $0 == 10 }) {
      var rest = field
      while !rest.isEmpty {
        var end = min(rest.count, 65_536)
        while end < rest.count, rest[rest.startIndex + end] & 0xC0 == 0x80 { end -= 1 }
        out.append(Array(rest.prefix(end)))
        rest = rest.dropFirst(end)
      }
    }
    return out
  }

  static func tokenizer(_ name: String) throws -> any Tokenizer {
    func shared(_ path: String) throws -> [UInt8] { try Files.read(SharedData.path(path)) }
    func settings(_ name: String) -> [UInt8] { JSON.object(JSONObject(["tokenizer_class": .text(name)])).serialized() }
    switch name {
    case "bert":
      return try Fixture.load([
        "vocab.txt": try shared("tokenizers/bert-base-uncased/vocab.txt"),
        "tokenizer_config.json": settings("BertTokenizer"),
      ])
    case "gpt2":
      return try Fixture.load([
        "vocab.json": try shared("tokenizers/gpt2/encoder.json"),
        "merges.txt": try shared("tokenizers/gpt2/vocab.bpe"), "tokenizer_config.json": settings("GPT2Tokenizer"),
      ])
    case "roberta":
      let entries = try #require(try JSON.parse(try shared("tokenizers/gpt2/encoder.json")).object?.members)
      let ordered = entries.sorted { $0.value.integer ?? 0 < $1.value.integer ?? 0 }.map(\.key)
      let words = ["<s>", "<pad>", "</s>", "<unk>"] + ordered.filter { $0 != "<|endoftext|>" } + ["<mask>"]
      let vocabulary = JSONObject(words.enumerated().map { .init($1, .integer($0)) })
      return try Fixture.load([
        "vocab.json": JSON.object(vocabulary).serialized(),
        "merges.txt": try shared("tokenizers/gpt2/vocab.bpe"), "tokenizer_config.json": settings("RobertaTokenizer"),
      ])
    case "albert":
      return try Fixture.load([
        "spiece.model": try shared("spm/albert_style_german_30k-clean.model"),
        "tokenizer_config.json": settings("AlbertTokenizer"),
      ])
    default:
      return try Fixture.load([
        "tokenizer.model": try shared("spm/\(name).model"), "tokenizer_config.json": settings("LlamaTokenizer"),
      ])
    }
  }

  static let names = [
    "albert", "bert", "gpt2", "llama_tokenizer", "t5_spiece", "test_model", "tinystories_tok512",
  ]

  @Test(arguments: names) func everyFile(_ name: String) throws {
    let tokenizer = try Self.tokenizer(name)
    let all = ProcessInfo.processInfo.environment["FINETUNE_ALL_FILES"] != nil
    for item in try #require(try Fixture.json("files.json")[name]?.array) {
      let file = try #require(item["file"]?.string)
      let size = try FileManager.default.attributesOfItem(atPath: SharedData.path(file))[.size] as? Int ?? 0
      guard all || size < 1_100_000 else { continue }
      var sum = Checksum()
      var (texts, tokens) = (0, 0)
      for text in try Self.texts(SharedData.path(file)) where String(validating: text, as: UTF8.self) != nil {
        texts += 1
        sum.add(-1)
        for token in try tokenizer.tokenize(text) {
          sum.add(token.id)
          tokens += 1
        }
      }
      #expect(texts == item["texts"]?.integer, "\(file)")
      #expect(tokens == item["tokens"]?.integer, "\(file)")
      #expect(String(sum.state) == item["checksum"]?.string, "\(file)")
    }
  }
}
