import Checkpoints
import Tensors

/// A transformer with its head. It has parameters under their Hugging Face names, and a forward pass on the tape.
package protocol Model: AnyObject {
  /// Class name in transformers, e.g. `BertForSequenceClassification`.
  var architecture: String { get }
  /// The parameters in the order in which the forward pass first uses them.
  var parameters: [Parameter] { get }
  var vocabularySize: Int { get }
  /// The longest sequence that the model has positions for, in tokens.
  var maximumLength: Int { get }
  /// What the products of a pass over this model are computed in. Whoever makes a tape for a pass gives it this.
  var precision: Precision { get set }
  /// What training passes over this model compute twice.
  var recomputation: Recomputation { get set }
  /// The output of the head: `[sequences, labels]` (classification), `[sequences, 1]` (regression, multiple choice),
  /// `[tokens, 2]` (span extraction) or `[tokens, vocabulary]` (language models).
  func logits(_ batch: PackedBatch, on tape: Tape) -> Variable
  /// The loss of a batch, as ``Tensors/Tape/loss(_:_:of:mass:weight:)`` of its ``logits(_:on:)``. A model may compute it
  /// without holding all of them. A tape of training must be differentiated from it, once and unscaled.
  func loss(_ targets: HeadTargets, of batch: PackedBatch, mass: TargetMass, weight: Double, on tape: Tape) -> Variable
  /// The standard deviation of fresh weights for `parameter`.
  ///
  /// - Parameter range: the config's `initializer_range`.
  func initialDeviation(of parameter: Parameter, range: Double) -> Double
}

extension Model {
  package func loss(
    _ targets: HeadTargets, of batch: PackedBatch, mass: TargetMass, weight: Double, on tape: Tape
  ) -> Variable {
    tape.loss(logits(batch, on: tape), targets, of: batch, mass: mass, weight: weight)
  }

  package func initialDeviation(of parameter: Parameter, range: Double) -> Double { range }
}

/// A family of architectures. It reads a config, builds a model from shared blocks and maps the names of weights.
protocol ModelFamily: Sendable {
  /// The values of `model_type` in `config.json` that stand for this family.
  static var modelTypes: [String] { get }
  /// Whether transformers has a class of this family with such a head, and so have we.
  static func supports(_ head: HeadKind) -> Bool
  /// The naming rules of this family's checkpoints.
  static func weightNames(_ config: HuggingFaceConfig, head: HeadKind) throws(CheckpointError) -> WeightNames
  /// Builds a model.
  ///
  /// - Parameters:
  ///   - dropout: replaces every dropout rate of the config; `nil` keeps those.
  ///   - list: collects the parameters.
  /// - Throws: ``CheckpointError`` naming the config key that is missing, of the wrong type or not supported.
  static func make(_ config: HuggingFaceConfig, head: HeadKind, dropout: Double?, _ list: ParameterList)
    throws(CheckpointError) -> any Model
}

extension HuggingFaceConfig {
  /// The error for a head that transformers has no model of this family for.
  func unsupported(head: HeadKind, expected: String) throws(CheckpointError) -> CheckpointError {
    .unsupported(path: path, what: "head:", found: "\(head.name) on \(try string("model_type"))", expected: expected)
  }
}

extension Parameter {
  /// Fresh weights as transformers draws them: N(0, `standardDeviation`²), biases 0, norm weights 1.
  ///
  /// The numbers depend on the seed and the parameter's name only.
  package func initialize(standardDeviation: Double, seed: UInt64) {
    setValue { value in
      if name.hasSuffix("bias") {
        value.fill(0)
      } else if role == .norm {
        value.fill(1)
      } else {
        RandomGenerator(seed: seed).stream("init:" + name).fillNormal(value, standardDeviation: standardDeviation)
      }
    }
  }
}
