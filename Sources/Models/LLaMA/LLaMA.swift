import Checkpoints
import Tensors

/// LLaMA (Touvron et al., 2023), as transformers' `LlamaModel` and the heads on it.
enum LLaMAFamily: ModelFamily {
  static let modelTypes = ["llama"]

  static func weightNames(_ config: HuggingFaceConfig, head: HeadKind) throws(CheckpointError) -> WeightNames {
    // transformers' LlamaForQuestionAnswering alone calls its base "transformer".
    WeightNames(
      basePrefixes: ["model.", "transformer."], ignoredSuffixes: ["rotary_emb.inv_freq"],
      otherHeads: ["lm_head.", "score.", "qa_outputs."],
      tied: try config.bool("tie_word_embeddings", default: false)
        ? [TiedWeights(embedding: "embed_tokens.weight", head: "lm_head.weight", readsHead: head == .languageModel)]
        : [])
  }

  static func make(_ config: HuggingFaceConfig, head: HeadKind, dropout: Double?, _ list: ParameterList)
    throws(CheckpointError) -> any Model
  {
    try LLaMA(LLaMAConfig(config, dropout: dropout), config, head: head, list)
  }
}

/// Decoder with rotary positions.
final class LLaMA: Decoder {
  let architecture: String
  let parameters: [Parameter]
  let vocabularySize: Int
  let maximumLength: Int
  private let embedding: Parameter
  private let layers: [LLaMALayer]
  private let norm: Parameter
  private let head: DecoderHead
  private let eps: Float
  private let keyWidth: Int
  private let paddingID: Int32?

  init(_ shape: LLaMAConfig, _ config: HuggingFaceConfig, head kind: HeadKind, _ list: ParameterList)
    throws(CheckpointError)
  {
    let base = kind == .spanExtraction ? "transformer" : "model"
    maximumLength = min(shape.positions, 1 << 16)
    let rotary = RotaryTable(
      inverseFrequencies: shape.inverseFrequencies, positions: list.allocates ? maximumLength : 1)
    embedding = list.make("\(base).embed_tokens.weight", .embedding, [shape.vocabularySize, shape.hiddenSize])
    layers = (0..<shape.layers).map { LLaMALayer(shape, "\(base).layers.\($0)", rotary, list) }
    norm = list.make("\(base).norm.weight", .norm, [shape.hiddenSize])
    head = try DecoderHead(
      kind, config, width: shape.hiddenSize, vocabulary: shape.vocabularySize,
      tiedTo: shape.tiesEmbeddings ? embedding : nil, list)
    architecture = "Llama" + kind.classSuffix
    parameters = list.parameters
    vocabularySize = shape.vocabularySize
    eps = Float(shape.eps)
    paddingID = shape.paddingID
    keyWidth = shape.keyValueHeads * shape.headSize
  }

  func logits(_ batch: PackedBatch, on tape: Tape) -> Variable {
    logits(batch, rows: head.rows(of: batch), cache: nil, on: tape)
  }

  func logits(_ batch: PackedBatch, rows: [Int]?, cache: KeyValueCache?, on tape: Tape) -> Variable {
    var hidden = tape.embedding([(embedding, batch.tokenIDs)], padding: [paddingID])
    for (index, layer) in layers.enumerated() {
      hidden = layer(hidden, batch, cache: cache?.layers[index], on: tape)
    }
    if let rows { hidden = tape.gatherRows(hidden, rows: rows) }
    return head(tape.rmsNorm(hidden, weight: norm, eps: eps), on: tape)
  }

  var isLanguageModel: Bool { head.kind == .languageModel }

  func makeCache(capacities: [Int]) -> KeyValueCache {
    KeyValueCache(layers: layers.count, width: keyWidth, capacities: capacities)
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

  func callAsFunction(_ x: Variable, _ batch: PackedBatch, cache: AttentionCache?, on tape: Tape) -> Variable {
    let normed = tape.rmsNorm(x, weight: inputNorm, eps: eps)
    let context = tape.attention(
      query: tape.rotary(query(normed, on: tape), positions: batch.positions, table: rotary),
      key: tape.rotary(key(normed, on: tape), positions: batch.positions, table: rotary),
      value: value(normed, on: tape), offsets: batch.offsets, shape: shape, dropoutRate: dropout,
      cache: cache)
    let middle = tape.add(output(context, on: tape), x)
    let wide = tape.rmsNorm(middle, weight: postAttentionNorm, eps: eps)
    return tape.add(down(tape.siluGate(gate(wide, on: tape), up(wide, on: tape)), on: tape), middle)
  }
}
