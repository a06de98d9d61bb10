import Checkpoints
import Models
import Support

/// A head that a checkpoint's weights hold.
package struct InspectedHead {
  let kind: HeadKind
  package var name: String { kind.name }
  /// The class in transformers of a model with this head.
  package let architecture: String
  /// The rows of its output layer; `nil` for a language model.
  package let outputs: Int?
  /// Whether it uses the word embedding, so that the file need not hold it.
  package let isTied: Bool

  /// The heads whose weights a folder holds whole, that of the config's architecture first.
  static func held(by folder: CheckpointFolder, _ config: InspectedConfig) throws(CheckpointError) -> [InspectedHead] {
    var kinds: [HeadKind] = [.spanExtraction, .languageModel, .maskedLanguageModel]
    let scoresChoices = config.architectures.first?.hasSuffix("ForMultipleChoice") == true
    if let rows = try ModelRegistry.storedOutputs(folder) {
      kinds.append(rows == 1 ? .regression : .classification(labels: rows))
    }
    // One output on the pooler may be either's; the config tells.
    if scoresChoices { kinds = kinds.filter { $0 != .regression } + [.multipleChoice] }
    var heads: [InspectedHead] = []
    for kind in kinds {
      guard try ModelRegistry.supports(kind, folder.config),
        // A head that the config does not allow is not held.
        let match = try? ModelRegistry.match(folder, head: kind)
      else { continue }
      let own = zip(match.parameters, match.weights.stored).filter { $0.0.isOfHead }
      guard own.allSatisfy({ $0.1 != nil }) else { continue }
      heads.append(
        InspectedHead(
          kind: kind, architecture: try ModelRegistry.architecture(folder.config, head: kind),
          outputs: kind.isLanguageModel ? nil : own.last { $0.0.role == .head }?.0.shape.first,
          isTied: own.isEmpty))
    }
    let named = config.architectures.first
    return heads.filter { $0.architecture == named } + heads.filter { $0.architecture != named }
  }
}
