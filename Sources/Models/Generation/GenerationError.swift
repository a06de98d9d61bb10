import Support

/// Why a model cannot continue or score a text.
package enum GenerationError: UserError, Equatable {
  case notALanguageModel(architecture: String)
  /// - Parameter index: the number of the prompt or text, from 0.
  case empty(index: Int)
  case tooLong(index: Int, tokens: Int, maximum: Int)
  case outsideVocabulary(index: Int, token: Int32, size: Int)
  /// A continuation that is empty, or that has no context before it.
  case noContext(index: Int)
  case notFinite(index: Int)
  /// - Parameter maximum: the most beams for this vocabulary and this number of end tokens.
  case beams(found: Int, maximum: Int)

  package var message: String {
    switch self {
    case .notALanguageModel(let architecture):
      "\(architecture) predicts no next token; expected GPT-2 or LLaMA loaded as a language model"
    case .empty(let index):
      "text \(index + 1) has no token; begin it with the tokenizer's BOS or EOS"
    case .tooLong(let index, let tokens, let maximum):
      "text \(index + 1): \(tokens) tokens, expected at most \(maximum), the model's positions; shorten it"
    case .outsideVocabulary(let index, let token, let size):
      "text \(index + 1): token \(token), expected 0 to \(size - 1); use the checkpoint's own tokenizer"
    case .noContext(let index):
      "text \(index + 1): a continuation needs one token of its own and one before it; begin with the tokenizer's BOS or EOS"
    case .notFinite(let index):
      "text \(index + 1): the model's logits are not finite; its weights are damaged or diverged in training"
    case .beams(let found, let maximum):
      "\(found) beams; expected 1 to \(maximum), so that the vocabulary has a token for each"
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .notFinite: .diverged
    case .notALanguageModel, .beams: .usage
    case .empty, .tooLong, .outsideVocabulary, .noContext: .badInput
    }
  }
}

extension Decoder {
  /// Checks token ids before they are used as indices.
  func check(_ tokens: [Int32], index: Int) throws(GenerationError) {
    guard !tokens.isEmpty else { throw .empty(index: index) }
    guard tokens.count <= maximumLength else {
      throw .tooLong(index: index, tokens: tokens.count, maximum: maximumLength)
    }
    try checkVocabulary(tokens, index: index)
  }

  func checkVocabulary(_ tokens: [Int32], index: Int) throws(GenerationError) {
    if let token = tokens.first(where: { $0 < 0 || Int($0) >= vocabularySize }) {
      throw .outsideVocabulary(index: index, token: token, size: vocabularySize)
    }
  }
}

extension Model {
  /// - Throws: ``GenerationError/notALanguageModel(architecture:)``.
  func languageModel() throws(GenerationError) -> Decoder {
    guard let decoder = self as? Decoder, decoder.isLanguageModel else {
      throw .notALanguageModel(architecture: architecture)
    }
    return decoder
  }
}
