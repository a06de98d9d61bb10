/// A regular expression with which byte-level BPE cuts text into words, implemented without a regex engine.
enum WordPattern: Sendable, Equatable {
  /// GPT-2 and RoBERTa.
  case gpt2
  /// LLaMA 3.
  case llama3
  /// Qwen2, 2.5 and 3: LLaMA 3's, with every number character by itself.
  case qwen2

  static let gpt2Expression = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
  static let llama3Expression = likeLlama3(numbers: #"\p{N}{1,3}"#)
  static let qwen2Expression = likeLlama3(numbers: #"\p{N}"#)

  private static func likeLlama3(numbers: String) -> String {
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + numbers
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  /// The pattern for a regular expression; `nil` for an expression that is not supported.
  init?(expression: String) {
    switch expression {
    case WordPattern.gpt2Expression: self = .gpt2
    case WordPattern.llama3Expression: self = .llama3
    case WordPattern.qwen2Expression: self = .qwen2
    default: return nil
    }
  }

  /// The end of the word that starts at `from`, which is before `to`.
  @inline(__always)
  func end(_ text: UnsafeBufferPointer<UInt8>, _ from: Int, _ to: Int, _ table: CharacterTable) -> Int {
    switch self {
    case .gpt2: ByteLevelWords.end(text, from, to, table)
    case .llama3: LlamaWords.end(text, from, to, table, mostNumbers: 3)
    case .qwen2: LlamaWords.end(text, from, to, table, mostNumbers: 1)
    }
  }
}
