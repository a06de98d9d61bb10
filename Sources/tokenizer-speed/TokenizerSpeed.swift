import ArgumentParser
import Foundation
import Support
import Tokenization

/// Times one tokenizer on one file, a pass at a time, so that Tools/bench_tokenizers.py can take turns with the reference.
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

  func run() throws {
    do {
      let tokenizer = try TokenizerLoader.load(folder: folder)
      let lines = try Files.read(file).split(separator: UInt8(ascii: "\n")).map { Array($0) }
      _ = try pass(tokenizer, lines)
      while readLine() != nil {
        let clock = ContinuousClock()
        var tokens = 0
        let time = try clock.measure { tokens = try pass(tokenizer, lines) }
        let seconds = time.seconds
        print("\(tokens) \(seconds)")
        // The driver waits for this line before it times the other side.
        fflush(nil)
      }
    } catch let error as any UserError {
      FileHandle.standardError.write(Data("tokenizer-speed: \(error.message)\n".utf8))
      throw ExitCode(error.exitStatus.rawValue)
    }
  }

  private func pass(_ tokenizer: any Tokenizer, _ lines: [[UInt8]]) throws -> Int {
    var tokens = 0
    for line in lines { tokens += try tokenizer.tokenize(line).count }
    return tokens
  }
}
