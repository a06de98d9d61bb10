import Models
import Tasks
import Tokenization

/// Prompts that a language model is to continue.
struct EncodedPrompts: EncodedExamples {
  let data: SplitData
  let truncated: Int
  let prompts: [[Int32]]
  /// The tokenizer that made the prompts, which reads what a model writes after them.
  let tokenizer: any Tokenizer

  /// Encodes every prompt, on all threads.
  ///
  /// - Parameter maximumLength: longer prompts lose their beginning.
  /// - Throws: ``TaskError`` naming file and line of a prompt that cannot be encoded or has no token.
  init(_ data: SplitData, tokenizer: any Tokenizer, maximumLength: Int) throws {
    (self.data, self.tokenizer) = (data, tokenizer)
    var truncated = 0
    let all: [[Int32]]
    do throws(BatchTokenizerError) {
      all = try tokenizer.encodeEach(data.examples.count) { (index) throws(TokenizerError) in
        try tokenizer.encode(prompt: data.examples[index].inputs[0].first)
      }
    } catch {
      guard error.exitStatus == .badInput else { throw error.error }
      throw data.fault(data.examples[error.index], error.error.message)
    }
    prompts = try zip(data.examples, all).map { example, ids in
      guard !ids.isEmpty else {
        throw data.fault(example, "the prompt has no token, and the tokenizer adds none; expected some text")
      }
      if ids.count > max(1, maximumLength) { truncated += 1 }
      return ids.suffix(max(1, maximumLength))
    }
    self.truncated = truncated
  }

  var count: Int { prompts.count }
  var sequenceLengths: [[Int]] { prompts.map { [$0.count] } }
  func append(_ position: Int, to batch: inout PackedBatch) { batch.append(prompts[position]) }
  func targets(_ positions: [Int]) -> HeadTargets { .nextTokens }
}
