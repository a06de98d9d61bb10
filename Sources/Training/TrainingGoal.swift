import Results

/// How well a model does, as a run records it.
struct GoalScore {
  /// On the dev split, or on held-out text.
  let metrics: MetricValues
  /// What the best model has the most of.
  let primary: Double
  /// Every output was a finite number.
  let isFinite: Bool
  /// Every prediction is one class.
  let isCollapsed: Bool
  /// Logits and predictions, where there are classes.
  let evaluation: Evaluation?
}

/// What a run trains for: how its model is scored and saved.
protocol TrainingGoal: AnyObject {
  /// What makes a model the best, in words.
  var bestRule: String { get }
  func score() -> GoalScore
  /// Saves the model in Hugging Face layout.
  func save(to path: String) throws
  /// Adds what is only known at the end; `best` is the score of the model saved.
  func finish(_ best: GoalScore?, _ result: inout RunResult, folder: String) throws
}
