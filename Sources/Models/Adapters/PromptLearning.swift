import Checkpoints
import Support
import Tensors

/// Trained embeddings of virtual tokens before each text (prompt tuning; Lester et al., 2021).
package struct PromptTuning: Adapter, Equatable {
  package var length = 20
  package var start = Start.normal

  package enum Start: String, Sendable, CaseIterable {
    /// N(0, 1), as peft's.
    case normal
    /// The embeddings of words of the vocabulary, which are drawn.
    case vocabulary
  }

  package init() {}

  package var peftType: String { "PROMPT_TUNING" }
  package var standsBeside: Bool { true }
  package var virtualTokens: Int { length }

  package func makeVirtualTokens(_ widths: VirtualTokens.Widths, _ list: ParameterList) -> VirtualTokens? {
    VirtualTokens(
      table: list.adapter(VirtualTokens.name, [length, widths.embedding], start: .normal(1)), kind: .embeddings,
      count: length)
  }

  package func prepare(_ parameters: [Parameter], isFresh: Bool, seed: UInt64, path: String) {
    guard isFresh, start == .vocabulary, let table = parameters.first(where: { $0.name == VirtualTokens.name }),
      let words = parameters.first(where: { $0.role == .embedding && $0.columns == table.columns })
    else { return }
    let random = RandomGenerator(seed: seed).stream("init:" + table.name)
    table.setValue { value in
      for row in 0..<value.rows {
        words.readRow(random.integer(UInt64(row), below: words.rows), into: value.pointer + row * value.columns)
      }
    }
  }

  package func merge(_ parameters: [Parameter], path: String) throws(CheckpointError) {
    throw .cannotMerge(path, "prompt tuning")
  }

  init(_ config: HuggingFaceConfig) throws(CheckpointError) {
    length = try config.integer("num_virtual_tokens", in: 1...65_536)
    try config.requireKnown(
      PromptTuning.sizes.union(["prompt_tuning_init", "prompt_tuning_init_text", "tokenizer_name_or_path"]), usual: [:])
  }

  package func members(_ model: AdaptedModel) -> JSONObject {
    var members = PromptTuning.sizes(length, model, width: model.virtual?.embedding, heads: model.virtual?.queryHeads)
    members["prompt_tuning_init"] = .text(start == .vocabulary ? "SAMPLE_VOCAB" : "RANDOM")
    return members
  }

  fileprivate static let sizes: Set = [
    "num_virtual_tokens", "token_dim", "num_layers", "num_attention_heads", "num_transformer_submodules",
    "tokenizer_kwargs",
  ]

  fileprivate static func sizes(_ length: Int, _ model: AdaptedModel, width: Int?, heads: Int?) -> JSONObject {
    func number(_ value: Int?) -> JSON { value.map(JSON.integer) ?? .null }
    return JSONObject([
      "num_virtual_tokens": .integer(length), "token_dim": number(width),
      "num_layers": number(model.virtual?.layers), "num_attention_heads": number(heads),
      "num_transformer_submodules": .integer(1),
    ])
  }
}

/// Trained keys and values before those of each text, in every layer (prefix tuning; Li and Liang, 2021).
///
/// They are trained themselves and not through a network, as in Hu et al. (2023) and peft's default.
package struct PrefixTuning: Adapter, Equatable {
  package var length = 30
  package var start = Start.normal

  package enum Start: String, Sendable, CaseIterable {
    /// N(0, 1), as peft's.
    case normal
    case zero
  }

  package init() {}

  package var peftType: String { "PREFIX_TUNING" }
  package var standsBeside: Bool { true }
  package var virtualTokens: Int { length }

  package func makeVirtualTokens(_ widths: VirtualTokens.Widths, _ list: ParameterList) -> VirtualTokens? {
    VirtualTokens(
      table: list.adapter(
        VirtualTokens.name, [length, 2 * widths.layers * widths.key], start: start == .zero ? .zeros : .normal(1)),
      kind: .keysAndValues(width: widths.key), count: length)
  }

  package func merge(_ parameters: [Parameter], path: String) throws(CheckpointError) {
    throw .cannotMerge(path, "prefix tuning")
  }

  init(_ config: HuggingFaceConfig) throws(CheckpointError) {
    length = try config.integer("num_virtual_tokens", in: 1...65_536)
    // A network makes the prefix in training only; what peft saves is what it made.
    try config.requireKnown(
      PromptTuning.sizes.union(["encoder_hidden_size", "prefix_projection", "init_weights"]), usual: [:])
  }

  package func members(_ model: AdaptedModel) -> JSONObject {
    var members = PromptTuning.sizes(length, model, width: model.virtual?.key, heads: model.virtual?.heads)
    members["prefix_projection"] = .bool(false)
    members["encoder_hidden_size"] = (model.virtual?.key).map(JSON.integer) ?? .null
    return members
  }
}

extension CheckpointError {
  fileprivate static func cannotMerge(_ path: String, _ method: String) -> CheckpointError {
    .unsupported(
      path: path, what: "to be merged:", found: "virtual tokens of \(method), which no weight of a checkpoint has",
      expected: "LoRA, DoRA or IA3; the adapter is used as it is")
  }
}
