import Checkpoints
import Models
import Support
import Tokenization

/// What is in a checkpoint's folder, and everything for which a run would refuse it.
package struct CheckpointInspection {
  /// The folder.
  package let path: String
  /// The adapter in it; `nil` for a whole checkpoint.
  package let adapter: InspectedAdapter?
  /// The folder of the weights: that of an adapter's base; `nil` where that is not there.
  package let weightsFolder: String?
  package let config: InspectedConfig?
  package let weights: InspectedWeights?
  package let tokenizer: InspectedTokenizer?
  /// The task that a run trained the model for.
  package let trainedFor: String?
  /// The files that a run would read, with their sizes in bytes.
  package let files: [(path: String, bytes: Int)]
  package let texts: [(text: [UInt8], pieces: [InspectedTokenizer.Piece])]
  package let faults: InspectionFaults

  /// - Parameters:
  ///   - model: a folder, or the name of one under `checkpoints/`.
  ///   - base: the checkpoint that an adapter belongs to; `nil` for the one that it names.
  ///   - texts: what the tokenizer is shown on.
  /// - Throws: `CheckpointError` where there is no such folder; ``TrainingError/isRun(path:)`` for the folder of a run.
  package init(_ model: String, base: String?, texts: [[UInt8]]) throws {
    let path = try OpenedCheckpoint.locate(model)
    guard Files.isFolder(path) else { throw CheckpointError.noSuchFolder(path: path) }
    var faults = InspectionFaults()
    let source = try CheckpointInspection.source(path, base: base, &faults)
    let folders = [path] + [source.weights].compactMap(\.self).filter { $0 != path }
    var opened: [any WeightFile] = []
    var (config, weights): (InspectedConfig?, InspectedWeights?)
    if let folder = source.weights {
      config = try CheckpointInspection.config(folder, &faults)
      opened = try faults.attempt("weights") { try CheckpointFolder.openWeights(in: folder) } ?? []
      weights = try opened.isEmpty ? nil : InspectedWeights(opened, in: folder, config, &faults)
      // A head may ask for more of the config than the transformer.
      for head in weights?.heads ?? [] {
        if let config { _ = InspectedConfig.understood(config.understood, head: head.kind, &faults) }
      }
    }
    let tokenizerFolder =
      folders.first { folder in TokenizerFiles.names.contains { Files.exists(folder + "/" + $0) } } ?? path
    let tokenizer = try faults.attempt("tokenizer") { try InspectedTokenizer(folder: tokenizerFolder) }
    if let tokenizer, let rows = config?.outline?.vocabularySize, tokenizer.rowsNeeded > rows {
      faults.add(
        "tokenizer", TrainingError.vocabularyTooSmall(model: path, size: rows, tokenizer: tokenizer.rowsNeeded))
    }
    let presets = try faults.attempt("presets") { try CheckpointPresets(folder: path) }
    var shown: [(text: [UInt8], pieces: [InspectedTokenizer.Piece])] = []
    for text in texts {
      if let pieces = try faults.attempt("text", { try tokenizer?.pieces(text) }) ?? nil {
        shown.append((text, pieces))
      }
    }
    self.path = path
    (adapter, weightsFolder) = (source.adapter, source.weights)
    (self.config, self.weights, self.tokenizer) = (config, weights, tokenizer)
    (trainedFor, self.texts, self.faults) = (presets?.trainedFor?.task, shown, faults)
    files = CheckpointInspection.files(
      folders, weights: opened, adapter: source.adapter == nil ? nil : path, tokenizer: tokenizerFolder)
  }

  private static func config(_ folder: String, _ faults: inout InspectionFaults) throws -> InspectedConfig? {
    guard let config = try faults.attempt("config", { try CheckpointFolder.config(in: folder) }) else { return nil }
    _ = try faults.attempt("config") { try CheckpointFolder(path: folder, config: config, files: []).endTokens() }
    return try InspectedConfig(config, &faults)
  }

  /// What a run would read of the folders, with sizes.
  private static func files(_ folders: [String], weights: [any WeightFile], adapter: String?, tokenizer: String)
    -> [(path: String, bytes: Int)]
  {
    var paths: [String] = []
    for folder in folders {
      for name in ["config.json", "generation_config.json", CheckpointPresets.file] {
        paths.append(folder + "/" + name)
      }
    }
    if let folder = folders.last, let name = CheckpointFolder.weightName(in: folder), name.hasSuffix(".index.json") {
      paths.append(folder + "/" + name)
    }
    paths += weights.map(\.path)
    if let adapter { paths += [AdapterFolder.configFile, AdapterFolder.weightFile].map { adapter + "/" + $0 } }
    paths += TokenizerFiles.names.map { tokenizer + "/" + $0 }
    return paths.compactMap { path in (try? OpenFile(path)).map { (path, $0.size) } }
  }

  /// The adapter in a folder, and where the weights are that it belongs to.
  private static func source(_ path: String, base: String?, _ faults: inout InspectionFaults) throws
    -> (adapter: InspectedAdapter?, weights: String?)
  {
    guard AdapterFolder.exists(at: path) else {
      _ = try CheckpointSource(path, base: base)
      return (nil, path)
    }
    let file = path + "/" + AdapterFolder.configFile
    let adapter = try faults.attempt("adapter") { InspectedAdapter(try HuggingFaceConfig(path: file)) }
    let source = try faults.attempt("adapter") { try CheckpointSource(path, base: base) }
    // The base can be looked at even where the adapter is refused.
    let named = (base ?? adapter?.base).flatMap { SearchPath(.checkpoints).find($0) }
    return (adapter, source?.weights ?? named.flatMap { AdapterFolder.exists(at: $0) ? nil : $0 })
  }
}
