import Memory
import Models
import Support

extension RunSettings {
  /// The model that the settings name, without its weights: a preset, a config, a checkpoint, or an adapter beside its
  /// checkpoint.
  ///
  /// - Parameter head: `nil` for the model's own.
  /// - Throws: the error of the checkpoint, of the method's options, or ``TrainingError/badSetting(origin:key:found:expected:)``
  ///   where nothing would be trained.
  package func namedShape(head: HeadKind? = nil) throws -> ModelShape {
    var (name, adapter) = (SearchPath(.checkpoints).find(model) ?? model, try adapter())
    if AdapterFolder.exists(at: name) {
      let source = try CheckpointSource(name, base: base)
      (name, adapter) = (source.weights, source.adapter?.adapter)
    } else if base != nil {
      throw TrainingError.badSetting(
        origin: "--base", key: "base", found: "it beside \(model), which holds no adapter",
        expected: "--model to name a folder with \(AdapterFolder.configFile)")
    }
    let shape = try ModelShape(
      name, vocabularySize: vocabularySize, head: head, weights: weights, isTrainable: method.trains, adapter: adapter)
    guard shape.parameters.contains(where: \.isTrainable) else {
      throw TrainingError.badSetting(
        origin: "--method", key: "method", found: "\(method.rawValue), but \(model) has nothing that it trains",
        expected: "another method; see: finetune list methods")
    }
    return shape
  }
}
