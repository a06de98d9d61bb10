/// Names that fields of data sets usually have, in small letters without anything else.
enum FieldNames {
  static let ids: Set = [
    "id", "idx", "index", "guid", "uid", "uuid", "qid", "pairid", "questionid", "exampleid", "rowid", "ind", "key",
  ]
  static let labels: Set = [
    "label", "labels", "class", "category", "target", "gold", "goldlabel", "sentiment", "stars", "rating", "score",
    "isduplicate", "duplicate", "intent", "topic", "emotion", "y", "polarity", "quality", "similarity", "stance",
    "verdict",
    "answer", "answerkey", "correct", "correctanswer", "spam", "toxic",
  ]
  /// Names that say that a field holds labels, whatever others there are.
  static let surelyLabels: Set = ["label", "labels", "class", "category", "goldlabel", "gold"]
  static let texts: Set = [
    "text", "sentence", "review", "content", "body", "comment", "message", "tweet", "document", "title", "headline",
    "utterance",
    "description", "abstract", "summary", "article",
  ]
  static let questions: Set = ["question", "query", "stem", "goal", "ctx", "prompt"]
  static let passages: Set = ["context", "passage", "paragraph", "document", "article"]
  static let answers: Set = ["answer", "answers", "text", "answertext", "span"]
  static let starts: Set = ["answerstart", "answerstarts", "start"]
  static let choices: Set = [
    "choice", "choices", "option", "options", "answer", "answers", "ending", "endings", "sol", "solution", "text",
  ]
  static let instructions: Set = ["instruction", "prompt", "question", "source", "src", "input"]
  static let outputs: Set = ["output", "completion", "response", "target", "tgt", "summary", "answer"]
  /// First and second texts.
  static let pairs = [
    ("sentence1", "sentence2"), ("question1", "question2"), ("premise", "hypothesis"), ("text1", "text2"),
    ("text", "textpair"),
    ("s1", "s2"), ("question", "passage"), ("question", "context"), ("question", "sentence"), ("question", "answer"),
    ("query", "passage"),
    ("query", "document"), ("title", "body"), ("title", "text"), ("title", "review"), ("title", "content"),
  ]

  static let all: Set<String> = ids.union(labels).union(texts).union(questions).union(passages).union(instructions)
    .union(outputs).union(pairs.flatMap { [$0.0, $0.1] })
}
