import Support
import Training

/// The result of `finetune inspect` as text.
enum InspectText {
  static func text(_ inspection: CheckpointInspection) -> String {
    var lines = [inspection.path]
    if let adapter = inspection.adapter { lines += self.lines(adapter, base: inspection.weightsFolder) }
    if let config = inspection.config { lines += self.lines(config) }
    if let weights = inspection.weights { lines += self.lines(weights, inspection.config) }
    if let task = inspection.trainedFor { lines.append("trained for: \(task)") }
    if let tokenizer = inspection.tokenizer {
      lines += self.lines(tokenizer, embedding: inspection.config?.sizes.first { $0.name == "vocabulary_size" }?.value)
    }
    lines += ["files:"] + inspection.files.map { "  \($0.path)  \(bytes($0.bytes))" }
    for (text, pieces) in inspection.texts { lines += ["", JSON.text(text).serializedText] + table(text, pieces) }
    let faults = inspection.faults.all
    lines += ["", faults.isEmpty ? "nothing would be refused" : Plural.count(faults.count, "fault") + ":"]
    lines += faults.map { "  \($0.part): \($0.message)" }
    return lines.joined(separator: "\n")
  }

  private static func lines(_ adapter: InspectedAdapter, base: String?) -> [String] {
    var settings = [adapter.method ?? "no peft_type"]
    if let task = adapter.task { settings.append(task) }
    if let rank = adapter.rank { settings.append("rank \(rank)") }
    if let alpha = adapter.alpha { settings.append("alpha \(alpha)") }
    var lines = ["adapter: " + settings.joined(separator: ", ")]
    lines.append("  targets: " + (adapter.targets.isEmpty ? "none" : adapter.targets.joined(separator: ", ")))
    if !adapter.savedModules.isEmpty { lines.append("  with it: " + adapter.savedModules.joined(separator: ", ")) }
    lines.append("  base: " + (base ?? "\(adapter.base ?? "none named"), which is not here"))
    return lines
  }

  private static func lines(_ config: InspectedConfig) -> [String] {
    var lines = ["family: \(config.modelType ?? "not named")"]
    if !config.architectures.isEmpty { lines.append("architecture: \(config.architectures.joined(separator: ", "))") }
    if !config.sizes.isEmpty {
      lines.append(
        "sizes: "
          + config.sizes.map { "\($0.name.split(separator: "_").joined(separator: " ")) \($0.value)" }
          .joined(separator: ", "))
    }
    if let labels = config.labels { lines.append("labels: " + list(labels, 20)) }
    return lines
  }

  private static func lines(_ weights: InspectedWeights, _ config: InspectedConfig?) -> [String] {
    var lines: [String] = []
    let heads = weights.heads.map { head in
      let outputs = head.outputs.map { " of \(Plural.count($0, "output"))" } ?? (head.isTied ? ", tied" : "")
      return "\(head.name)\(outputs) (\(head.architecture))"
    }
    if config != nil { lines.append("heads: " + (heads.isEmpty ? "none" : heads.joined(separator: "; "))) }
    if let parameters = weights.parameters { lines.append("parameters: \(parameters)") }
    let types = weights.types.map {
      "\(Plural.count($0.tensors, "tensor")) of \($0.type.rawValue), \(bytes($0.bytes))"
    }
    lines.append("weights: \(weights.format): " + types.joined(separator: "; "))
    if let said = config?.type { lines.append("  config.json says \(said)") }
    if !weights.unused.isEmpty { lines.append("  of other heads: " + list(weights.unused, 8)) }
    return lines
  }

  private static func lines(_ tokenizer: InspectedTokenizer, embedding: Int?) -> [String] {
    var line = "tokenizer: \(tokenizer.kind)"
    if let name = tokenizer.className { line += " (\(name))" }
    line += ", \(tokenizer.vocabularySize) ids"
    if let embedding, embedding > tokenizer.vocabularySize {
      line += "; \(embedding - tokenizer.vocabularySize) further rows of the embedding belong to no token"
    }
    return [line, "  one text: \(tokenizer.template)"]
      + tokenizer.special.map { "  \($0.role): \($0.id)" + ($0.token.map { " \($0)" } ?? "") }
  }

  private static func table(_ text: [UInt8], _ pieces: [InspectedTokenizer.Piece]) -> [String] {
    let rows = pieces.map { piece in
      [
        "\(piece.id)", JSON.text(piece.piece).serializedText, piece.range.map { "\($0.lowerBound)" } ?? "",
        piece.range.map { "\($0.upperBound)" } ?? "",
        piece.range.map { JSON.text(text[$0]).serializedText } ?? "",
      ]
    }
    return TextTable.text(header: ["id", "piece", "start", "end", "text"], rows: rows)
      .split(separator: "\n").map { "  \($0)" }
  }

  private static func list(_ names: [String], _ most: Int) -> String {
    names.prefix(most).joined(separator: ", ") + (names.count > most ? ", and \(names.count - most) more" : "")
  }

  private static func bytes(_ count: Int) -> String {
    count < 1 << 20 ? "\(count) bytes" : TextTable.mebibytes(count)
  }
}

extension JSON {
  /// The value in one line, so that every blank and line end in a text is seen.
  fileprivate var serializedText: String { String(decoding: serialized(compact: true), as: UTF8.self) }
}
