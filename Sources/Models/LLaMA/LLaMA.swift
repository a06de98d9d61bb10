import Checkpoints
import Tensors

/// LLaMA (Touvron et al., 2023), as transformers' `LlamaForSequenceClassification` and `LlamaForCausalLM`.
enum LLaMAFamily: ModelFamily {
  static let modelTypes = ["llama"]
  static let weightNames = WeightNames(
    basePrefix: "model.", ignoredSuffixes: ["rotary_emb.inv_freq"], otherHeads: ["lm_head.", "score.", "qa_outputs."])

  static func make(_ config: HuggingFaceConfig, head: HeadKind, dropout: Double?) throws(CheckpointError)
    -> any Model
  {
    LLaMA(try LLaMAConfig(config, dropout: dropout), head: head)
  }
}

/// Decoder with a classifier on each sequence's last token, or a language-model head on every token.
final class LLaMA: Model {
  let architecture: String
  let parameters: [Parameter]
  let vocabularySize: Int
  let maximumLength: Int
  private let embedding: Parameter
  private let layers: [LLaMALayer]
  private let norm: Parameter
  private let head: Parameter
  private let kind: HeadKind
  private let eps: Float

  init(_ config: LLaMAConfig, head kind: HeadKind) {
    let list = ParameterList()
    let rotary = RotaryTable(inverseFrequencies: config.inverseFrequencies, positions: min(config.positions, 1 << 16))
    embedding = list.make("model.embed_tokens.weight", .embedding, [config.vocabularySize, config.hiddenSize])
    layers = (0..<config.layers).map { LLaMALayer(config, "model.layers.\($0)", rotary, list) }
    norm = list.make("model.norm.weight", .norm, [config.hiddenSize])
    switch kind {
    case .classification(let labels):
      architecture = "LlamaForSequenceClassification"
      head = list.make("score.weight", .head, [labels, config.hiddenSize])
    case .languageModel:
      architecture = "LlamaForCausalLM"
      head =
        config.tiesEmbeddings
        ? embedding : list.make("lm_head.weight", .head, [config.vocabularySize, config.hiddenSize])
    }
    parameters = list.parameters
    vocabularySize = config.vocabularySize
    maximumLength = min(config.positions, 1 << 16)
    eps = Float(config.eps)
    self.kind = kind
  }

  func logits(_ batch: PackedBatch, on tape: Tape) -> Variable {
    var hidden = tape.embedding([(embedding, batch.tokenIDs)])
    for layer in layers { hidden = layer(hidden, batch, on: tape) }
    if kind != .languageModel { hidden = tape.gatherRows(hidden, rows: batch.lastTokens) }
    return tape.linear(tape.rmsNorm(hidden, weight: norm, eps: eps), weight: head)
  }
}

/// Pre-norm layer: rotary attention with grouped heads, gated feed-forward.
struct LLaMALayer {
  private let query: LinearLayer
  private let key: LinearLayer
  private let value: LinearLayer
  private let output: LinearLayer
  private let gate: LinearLayer
  private let up: LinearLayer
  private let down: LinearLayer
  private let inputNorm: Parameter
  private let postAttentionNorm: Parameter
  private let rotary: RotaryTable
  private let shape: AttentionShape
  private let eps: Float
  private let dropout: Float

  init(_ config: LLaMAConfig, _ name: String, _ rotary: RotaryTable, _ list: ParameterList) {
    self.rotary = rotary
    let (width, keyWidth) = (config.heads * config.headSize, config.keyValueHeads * config.headSize)
    func attention(_ part: String, _ out: Int, _ width: Int, heads: Int? = nil) -> LinearLayer {
      list.linear(
        "\(name).self_attn.\(part)_proj", .matrix, out: out, in: width, bias: config.attentionBias, heads: heads)
    }
    func feedForward(_ part: String, _ out: Int, _ width: Int) -> LinearLayer {
      list.linear("\(name).mlp.\(part)_proj", .matrix, out: out, in: width, bias: config.feedForwardBias)
    }
    query = attention("q", width, config.hiddenSize, heads: config.heads)
    key = attention("k", keyWidth, config.hiddenSize, heads: config.keyValueHeads)
    value = attention("v", keyWidth, config.hiddenSize)
    output = attention("o", config.hiddenSize, width)
    gate = feedForward("gate", config.intermediateSize, config.hiddenSize)
    up = feedForward("up", config.intermediateSize, config.hiddenSize)
    down = feedForward("down", config.hiddenSize, config.intermediateSize)
    inputNorm = list.make("\(name).input_layernorm.weight", .norm, [config.hiddenSize])
    postAttentionNorm = list.make("\(name).post_attention_layernorm.weight", .norm, [config.hiddenSize])
    shape = AttentionShape(
      heads: config.heads, keyValueHeads: config.keyValueHeads, headSize: config.headSize, isCausal: true)
    eps = Float(config.eps)
    dropout = config.attentionDropout
  }

  func callAsFunction(_ x: Variable, _ batch: PackedBatch, on tape: Tape) -> Variable {
    let normed = tape.rmsNorm(x, weight: inputNorm, eps: eps)
    let context = tape.attention(
      query: tape.rotary(query(normed, on: tape), positions: batch.positions, table: rotary),
      key: tape.rotary(key(normed, on: tape), positions: batch.positions, table: rotary),
      value: value(normed, on: tape), offsets: batch.offsets, shape: shape, dropoutRate: dropout)
    let middle = tape.add(output(context, on: tape), x)
    let wide = tape.rmsNorm(middle, weight: postAttentionNorm, eps: eps)
    return tape.add(down(tape.siluGate(gate(wide, on: tape), up(wide, on: tape)), on: tape), middle)
  }
}
