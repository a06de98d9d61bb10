import Checkpoints
import Tensors

/// GPT-2 (Radford et al., 2019), as transformers' `GPT2Model` and the heads on it.
enum GPT2Family: ModelFamily {
  static let modelTypes = ["gpt2"]

  static func weightNames(_ config: HuggingFaceConfig, head: HeadKind) throws(CheckpointError) -> WeightNames {
    // With their dots: attn.c_attn.bias is a weight.
    WeightNames(
      basePrefixes: ["transformer."], ignoredSuffixes: [".attn.bias", ".attn.masked_bias"],
      otherHeads: ["lm_head.", "score.", "classifier.", "qa_outputs.", "multiple_choice_head."],
      tied: try config.bool("tie_word_embeddings", default: true)
        ? [TiedWeights(embedding: "wte.weight", head: "lm_head.weight", readsHead: head == .languageModel)] : [])
  }

  static func make(_ config: HuggingFaceConfig, head: HeadKind, dropout: Double?, _ list: ParameterList)
    throws(CheckpointError) -> any Model
  {
    try GPT2(GPT2Config(config, dropout: dropout), config, head: head, list)
  }
}

/// Decoder with learned positions.
final class GPT2: Decoder {
  let architecture: String
  let parameters: [Parameter]
  let vocabularySize: Int
  let maximumLength: Int
  private let words: Parameter
  private let positions: Parameter
  private let layers: [GPT2Layer]
  private let norm: LayerNormLayer
  private let head: DecoderHead
  private let dropout: Float

  init(_ shape: GPT2Config, _ config: HuggingFaceConfig, head kind: HeadKind, _ list: ParameterList)
    throws(CheckpointError)
  {
    words = list.make("transformer.wte.weight", .embedding, [shape.vocabularySize, shape.hiddenSize])
    positions = list.make("transformer.wpe.weight", .embedding, [shape.positions, shape.hiddenSize])
    layers = (0..<shape.layers).map { GPT2Layer(shape, $0, list) }
    norm = list.layerNorm("transformer.ln_f", width: shape.hiddenSize, eps: shape.eps)
    head = try DecoderHead(
      kind, config, width: shape.hiddenSize, vocabulary: shape.vocabularySize,
      tiedTo: shape.tiesEmbeddings ? words : nil, list)
    architecture = kind == .languageModel ? "GPT2LMHeadModel" : "GPT2" + kind.classSuffix
    parameters = list.parameters
    vocabularySize = shape.vocabularySize
    maximumLength = shape.positions
    dropout = shape.embeddingDropout
  }

  func logits(_ batch: PackedBatch, on tape: Tape) -> Variable {
    logits(batch, rows: head.rows(of: batch), cache: nil, on: tape)
  }

  func logits(_ batch: PackedBatch, rows: [Int]?, cache: KeyValueCache?, on tape: Tape) -> Variable {
    let sum = tape.embedding([(words, batch.tokenIDs), (positions, batch.positions)])
    var hidden = tape.dropout(sum, rate: dropout)
    for (index, layer) in layers.enumerated() {
      hidden = layer(hidden, batch, cache: cache?.layers[index], on: tape)
    }
    if let rows { hidden = tape.gatherRows(hidden, rows: rows) }
    return head(norm(hidden, on: tape), on: tape)
  }

  var isLanguageModel: Bool { head.kind == .languageModel }

  func makeCache(capacities: [Int]) -> KeyValueCache {
    KeyValueCache(layers: layers.count, width: words.value.columns, capacities: capacities)
  }

  /// What flows into the residual stream starts smaller, by the root of how often it is added to (the GPT-2 paper).
  func initialDeviation(of parameter: Parameter, range: Double) -> Double {
    parameter.name.hasSuffix(".c_proj.weight") ? range / Double(2 * layers.count).squareRoot() : range
  }
}

/// Pre-norm layer; query, key and value come from one matrix.
struct GPT2Layer {
  private let attentionNorm: LayerNormLayer
  private let fused: LinearLayer
  private let attentionOutput: LinearLayer
  private let norm: LayerNormLayer
  private let wide: LinearLayer
  private let narrow: LinearLayer
  private let shape: AttentionShape
  private let config: GPT2Config

  init(_ config: GPT2Config, _ index: Int, _ list: ParameterList) {
    let (name, width) = ("transformer.h.\(index)", config.hiddenSize)
    attentionNorm = list.layerNorm("\(name).ln_1", width: width, eps: config.eps)
    let heads = OutputBlocks(count: config.heads, size: width / config.heads)
    fused = list.conv1D(
      "\(name).attn.c_attn", .matrix, out: 3 * width, in: width,
      blocks: [heads, heads, OutputBlocks(count: width, size: 1)])
    attentionOutput = list.conv1D("\(name).attn.c_proj", .matrix, out: width, in: width)
    norm = list.layerNorm("\(name).ln_2", width: width, eps: config.eps)
    wide = list.conv1D("\(name).mlp.c_fc", .matrix, out: config.innerSize, in: width)
    narrow = list.conv1D("\(name).mlp.c_proj", .matrix, out: width, in: config.innerSize)
    shape = AttentionShape(
      heads: config.heads, keyValueHeads: config.heads, headSize: width / config.heads, isCausal: true,
      scale: config.attentionScale(index))
    self.config = config
  }

  func callAsFunction(_ x: Variable, _ batch: PackedBatch, cache: AttentionCache?, on tape: Tape) -> Variable {
    let context = tape.attention(
      fused: fused(attentionNorm(x, on: tape), on: tape), offsets: batch.offsets, shape: shape,
      dropoutRate: config.attentionDropout, cache: cache)
    let attended = tape.dropout(attentionOutput(context, on: tape), rate: config.residualDropout)
    let middle = tape.add(attended, x)
    let inner = wide(norm(middle, on: tape), config.activation, on: tape)
    return tape.add(tape.dropout(narrow(inner, on: tape), rate: config.residualDropout), middle)
  }
}
