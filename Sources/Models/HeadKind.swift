/// What a model puts on top of its transformer.
package enum HeadKind: Sendable, Equatable {
  /// One logit for each class and sequence.
  case classification(labels: Int)
  /// One number for each sequence.
  case regression
  /// Two logits for each token: that an answer starts here, that it ends here.
  case spanExtraction
  /// One score for each sequence; the choices of an example are sequences beside each other.
  case multipleChoice
  /// One logit for each vocabulary entry and token, for the token that follows.
  case languageModel
  /// One logit for each vocabulary entry and token, for the token that a mask hides there; encoders only.
  case maskedLanguageModel

  /// Whether its output layer is that of transformers' `…ForSequenceClassification`, one row for each label or number.
  package var isSequenceClassifier: Bool {
    switch self {
    case .classification, .regression: true
    case .spanExtraction, .multipleChoice, .languageModel, .maskedLanguageModel: false
    }
  }

  /// For messages.
  var name: String {
    switch self {
    case .classification: "sequence classification"
    case .regression: "regression"
    case .spanExtraction: "span extraction"
    case .multipleChoice: "multiple choice"
    case .languageModel: "causal language model"
    case .maskedLanguageModel: "masked language model"
    }
  }

  /// End of the class names that transformers gives to models with this head; a language model's differ by family.
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
