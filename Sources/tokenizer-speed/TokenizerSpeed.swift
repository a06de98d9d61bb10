import ArgumentParser
import Foundation
import Support
import Tokenization

/// Times one tokenizer on one file, one pass for each line of standard input, so that Tools/bench_tokenizers.py can run
/// this program and the reference in turns.
@main
struct TokenizerSpeed: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenizer-speed",
    abstract: "Tokenize a file line by line, on one thread, once for every line of standard input.",
    discussion: "Prints tokens and seconds of each pass; loading and the first pass, which warms up, are not timed.")

  @Argument(help: "Checkpoint folder.")
  var folder: String

  @Argument(help: "UTF-8 text.")
  var file: String

  @Flag(help: "Print texts, tokens and a checksum of all ids of each file named on standard input, and time nothing.")
  var checksum = false

  @Flag(help: "Print ids, character offsets and decoded text of each file named on standard input, as JSON.")
  var show = false

  @Flag(help: "With --checksum: a file is one text, and not fields between tabs and line feeds.")
  var whole = false

  func run() throws {
    do {
      let tokenizer = try TokenizerLoader.load(folder: folder)
      if show {
        while let path = readLine() { try printTokens(tokenizer, try Files.read(path)) }
        return
      }
      if checksum {
        while let path = readLine() { try printChecksum(tokenizer, try Files.read(path)) }
        return
      }
      let lines = try Files.read(file).split(separator: UInt8(ascii: "\n")).map { Array($0) }
      _ = try pass(tokenizer, lines)
      while readLine() != nil {
        let clock = ContinuousClock()
        var tokens = 0
        let time = try clock.measure { tokens = try pass(tokenizer, lines) }
        let seconds = time.seconds
        print("\(tokens) \(seconds)")
        // The driver waits for this line before it times the reference.
        fflush(nil)
      }
    } catch let error as any UserError {
      FileHandle.standardError.write(Data("tokenizer-speed: \(error.message)\n".utf8))
      throw ExitCode(error.exitStatus.rawValue)
    }
  }

  private func printTokens(_ tokenizer: any Tokenizer, _ text: [UInt8]) throws {
    let tokens = try tokenizer.tokenize(text)
    let offsets = CharacterOffsets(text)
    let spans = tokens.map { token in
      let span = offsets.characters(token.start..<token.end)
      return JSON.array([.integer(span.lowerBound), .integer(span.upperBound)])
    }
    let object = JSONObject([
      "ids": .array(tokens.map { .integer(Int($0.id)) }), "spans": .array(spans),
      "decoded": .text(String(decoding: tokenizer.decode(tokens.map(\.id)), as: UTF8.self)),
    ])
    print(String(decoding: JSON.object(object).serialized(), as: UTF8.self), terminator: "")
    fflush(nil)
  }

  /// Prints the number of texts, the number of tokens and a checksum of all token ids, e.g. `120 4096 1234567890`.
  ///
  /// `compare_real` of Tools/make_tokenizer_fixtures.py does the same with the reference, so both must agree: a field
  /// is cut into texts of at most 65,536 bytes at a character's start (a file with `--whole` is not cut), and texts
  /// that are not UTF-8 are left out. The checksum is FNV-1a over 32-bit words, with the word -1 before every text.
  private func printChecksum(_ tokenizer: any Tokenizer, _ bytes: [UInt8]) throws {
    var state: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ word: Int32) { state = (state ^ UInt64(UInt32(bitPattern: word))) &* 0x100_0000_01B3 }
    var (texts, tokens) = (0, 0)
    for field in whole ? [bytes[...]] : bytes.split(whereSeparator: { $0 == 9 || $0 == 10 }) {
      var rest = field
      while !rest.isEmpty {
        var end = whole ? rest.count : min(rest.count, 65_536)
        while end < rest.count, rest[rest.startIndex + end] & 0xC0 == 0x80 { end -= 1 }
        let text = Array(rest.prefix(end))
        rest = rest.dropFirst(end)
        guard String(validating: text, as: UTF8.self) != nil else { continue }
        texts += 1
        add(-1)
        for token in try tokenizer.tokenize(text) {
          add(token.id)
          tokens += 1
        }
      }
    }
    print(texts, tokens, state)
  }

  private func pass(_ tokenizer: any Tokenizer, _ lines: [[UInt8]]) throws -> Int {
    var tokens = 0
    for line in lines { tokens += try tokenizer.tokenize(line).count }
    return tokens
  }
}
