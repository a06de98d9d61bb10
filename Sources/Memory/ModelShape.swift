import Checkpoints
import Models
import Support
import Tensors

/// The parameters of a model that is named but not loaded.
package struct ModelShape: Sendable {
  /// The model's name or path as the user wrote it.
  package let name: String
  package let config: HuggingFaceConfig
  package let head: HeadKind
  /// Names, roles and shapes, in the order of the forward pass.
  package private(set) var parameters: [ParameterShape]
  /// The longest sequence that the model has positions for, in tokens.
  package let maximumLength: Int
  package let vocabularySize: Int
  /// What is added to the model; `nil` for nothing.
  package let adapter: (any Adapter)?
  package let outline: ModelOutline

  /// The largest vocabulary size that a user may ask for.
  package static let largestVocabulary = 1 << 24

  /// - Parameters:
  ///   - name: a preset, a checkpoint folder, or the path of a `config.json`. A path wins over a preset of its name.
  ///   - vocabularySize: replaces the config's; `nil` keeps that.
  ///   - head: `nil` takes the head of the preset, or the one that the config's `architectures` names.
  ///   - weights: what trained matrices are stored in.
  ///   - isTrainable: which parameters are trained; the others are frozen.
  ///   - adapter: what is added to the model; `nil` for nothing.
  /// - Throws: ``MemoryError``, or `CheckpointError` and `FileError` for a config that cannot be read.
  package init(
    _ name: String, vocabularySize: Int? = nil, head: HeadKind? = nil, weights: Precision = .float32,
    isTrainable: @escaping TrainablePredicate = { _ in true }, adapter: (any Adapter)? = nil
  ) throws {
    var (config, usual) = try ModelShape.find(name)
    if let vocabularySize {
      guard (1...ModelShape.largestVocabulary).contains(vocabularySize) else {
        throw MemoryError.badVocabulary(found: vocabularySize)
      }
      config.set("vocab_size", .integer(vocabularySize))
    }
    try self.init(config, head: head ?? usual, name: name, weights: weights, isTrainable: isTrainable, adapter: adapter)
  }

  /// The parameters of the model that a config describes.
  ///
  /// - Throws: `CheckpointError` for a config that is not supported.
  package init(
    _ config: HuggingFaceConfig, head: HeadKind, name: String, weights: Precision = .float32,
    isTrainable: @escaping TrainablePredicate = { _ in true }, adapter: (any Adapter)? = nil
  ) throws(CheckpointError) {
    let outline = try ModelRegistry.outline(
      config, head: head, weights: weights, isTrainable: isTrainable, adapter: adapter)
    (self.adapter, self.outline) = (adapter, outline)
    (self.name, self.config, self.head) = (name, config, head)
    (parameters, maximumLength) = (outline.parameters, outline.maximumLength)
    vocabularySize = outline.vocabularySize
  }

  /// The shape where of the parameters only some are trained.
  package func training(_ isTrained: [Bool]) -> ModelShape {
    var shape = self
    for index in shape.parameters.indices { shape.parameters[index].isTrainable = isTrained[index] }
    return shape
  }

  package var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

  private static func find(_ name: String) throws -> (HuggingFaceConfig, HeadKind) {
    guard Files.exists(name) else {
      guard let preset = ShapePresets.named(name) else { throw MemoryError.unknownModel(name: name) }
      return (preset.config, preset.head)
    }
    let config =
      Files.isFolder(name)
      ? try CheckpointFolder(path: name, needsWeights: false).config : try HuggingFaceConfig(path: name)
    return (config, try head(of: config))
  }

  /// The head that the first entry of `architectures` names, e.g. `.languageModel` for `GPT2LMHeadModel`. Any other
  /// entry, such as `BertModel`, gets the head for fine-tuning on the config's labels: regression for one, else
  /// classification.
  private static func head(of config: HuggingFaceConfig) throws(CheckpointError) -> HeadKind {
    let architecture = config.json["architectures"]?.array?.first?.string ?? ""
    let labels = try config.labels()?.count ?? 2
    if architecture.hasSuffix("ForCausalLM") || architecture.hasSuffix("LMHeadModel") { return .languageModel }
    if architecture.hasSuffix("ForQuestionAnswering") { return .spanExtraction }
    if architecture.hasSuffix("ForMultipleChoice") { return .multipleChoice }
    return labels == 1 ? .regression : .classification(labels: labels)
  }
}
