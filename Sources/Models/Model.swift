import Checkpoints
import Tensors

/// A transformer with its head: parameters by their Hugging Face names, and a forward pass on the tape.
package protocol Model: AnyObject {
  /// Class name in transformers, e.g. `BertForSequenceClassification`.
  var architecture: String { get }
  /// In the order in which the forward pass first uses them.
  var parameters: [Parameter] { get }
  var vocabularySize: Int { get }
  /// Longest sequence the positions allow.
  var maximumLength: Int { get }
  /// What the head gives: `[sequences, labels]` (classification), `[sequences, 1]` (regression, multiple choice),
  /// `[tokens, 2]` (span extraction) or `[tokens, vocabulary]` (language models).
  func logits(_ batch: PackedBatch, on tape: Tape) -> Variable
  /// Standard deviation of the fresh weights of `parameter`.
  ///
  /// - Parameter range: the config's `initializer_range`.
  func initialDeviation(of parameter: Parameter, range: Double) -> Double
}

extension Model {
  package func initialDeviation(of parameter: Parameter, range: Double) -> Double { range }
}

/// A family of architectures: a config, a forward pass from shared blocks, a name map.
protocol ModelFamily: Sendable {
  /// Values of `model_type` in `config.json`.
  static var modelTypes: [String] { get }
  static func weightNames(_ config: HuggingFaceConfig, head: HeadKind) throws(CheckpointError) -> WeightNames
  /// - Parameters:
  ///   - dropout: overrides every dropout of the config.
  ///   - list: collects the parameters.
  /// - Throws: ``CheckpointError`` naming the config key that is missing, of the wrong type or not supported.
  static func make(_ config: HuggingFaceConfig, head: HeadKind, dropout: Double?, _ list: ParameterList)
    throws(CheckpointError) -> any Model
}

extension HuggingFaceConfig {
  /// Refuses a head that transformers has no model of this family for.
  func unsupported(head: HeadKind, expected: String) throws(CheckpointError) -> CheckpointError {
    .unsupported(path: path, what: "head:", found: "\(head.name) on \(try string("model_type"))", expected: expected)
  }
}

extension Parameter {
  /// Fresh weights as transformers draws them: N(0, `standardDeviation`²), biases 0, norm weights 1.
  ///
  /// The numbers depend on the seed and the parameter's name only.
  package func initialize(standardDeviation: Double, seed: UInt64) {
    if name.hasSuffix("bias") {
      value.fill(0)
    } else if role == .norm {
      value.fill(1)
    } else {
      RandomGenerator(seed: seed).stream("init:" + name).fillNormal(value, standardDeviation: standardDeviation)
    }
  }
}
