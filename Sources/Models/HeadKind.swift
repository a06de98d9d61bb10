/// The head of a model: the output layers on top of its transformer.
package enum HeadKind: Sendable, Equatable {
  /// One logit for each class and sequence.
  case classification(labels: Int)
  /// One number for each sequence.
  case regression
  /// Two logits for each token. The first says that an answer starts at this token, the second that an answer ends
  /// there.
  case spanExtraction
  /// One score for each sequence. The choices of an example are consecutive sequences.
  case multipleChoice
  /// One logit for each vocabulary entry and token, which predicts the token that follows.
  case languageModel
  /// One logit for each vocabulary entry and token, which predicts the token that a mask hides there. For encoders
  /// only.
  case maskedLanguageModel

  /// Whether the output layer is that of transformers' `…ForSequenceClassification`, with one row for each label or
  /// number.
  package var isSequenceClassifier: Bool {
    switch self {
    case .classification, .regression: true
    case .spanExtraction, .multipleChoice, .languageModel, .maskedLanguageModel: false
    }
  }

  /// Whether the head predicts tokens, with an output layer that belongs to the model rather than to a task.
  package var isLanguageModel: Bool { self == .languageModel || self == .maskedLanguageModel }

  /// The name of the head in messages.
  package var name: String {
    switch self {
    case .classification: "sequence classification"
    case .regression: "regression"
    case .spanExtraction: "span extraction"
    case .multipleChoice: "multiple choice"
    case .languageModel: "causal language model"
    case .maskedLanguageModel: "masked language model"
    }
  }

  /// The end of the class names that transformers gives to models with this head, e.g. `BertForMultipleChoice`. The
  /// class names of language models differ by family.
  var classSuffix: String {
    switch self {
    case .classification, .regression: "ForSequenceClassification"
    case .spanExtraction: "ForQuestionAnswering"
    case .multipleChoice: "ForMultipleChoice"
    case .languageModel: "ForCausalLM"
    case .maskedLanguageModel: "ForMaskedLM"
    }
  }
}
