import Support
import Testing
import Tokenization

@Suite struct ParallelEncodingTests {
  static let inputs = (0..<500).map { index in
    TextInput(
      Array("Sentence \(index) of the batch, naïve \(index * 7919) 中文".utf8),
      index % 3 == 0 ? Array("and its pair \(index)".utf8) : nil)
  }

  @Test(arguments: ["wordpiece", "llama", "albert", "gpt2", "roberta", "llama3", "llama-json"])
  func equalsOneByOne(_ folder: String) throws {
    let tokenizer = try Fixture.tokenizer(folder)
    ThreadPool.shared.configure(threads: 4)
    let batch = try tokenizer.encode(batch: Self.inputs, maximumLength: 24)
    #expect(batch == (try Self.inputs.map { try tokenizer.encode($0.first, $0.second, maximumLength: 24) }))
    #expect(try tokenizer.encode(batch: []) == [])
  }

  @Test func firstFailureIsNamed() throws {
    let tokenizer = try Fixture.tokenizer("wordpiece")
    ThreadPool.shared.configure(threads: 4)
    var inputs = Self.inputs
    inputs[123].first = [0x61, 0xFF]
    inputs[400].first = [0xFE]
    #expect(throws: BatchTokenizerError(index: 123, error: .invalidUTF8(offset: 1, byte: 0xFF))) {
      try tokenizer.encode(batch: inputs)
    }
  }
}
