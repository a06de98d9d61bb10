import Checkpoints
import Tensors

/// GPT-2 (Radford et al., 2019), as transformers' `GPT2Model` and the heads on it.
enum GPT2Family: ModelFamily {
  static let modelTypes = ["gpt2"]

  static func supports(_ head: HeadKind) -> Bool { DecoderHead.supports(head) }

  static func weightNames(_ config: HuggingFaceConfig, head: HeadKind) throws(CheckpointError) -> WeightNames {
    // These suffixes start with a dot, because attn.c_attn.bias is a weight.
    WeightNames(
      basePrefixes: ["transformer."], ignoredSuffixes: [".attn.bias", ".attn.masked_bias"],
      otherHeads: ["lm_head.", "score.", "classifier.", "qa_outputs.", "multiple_choice_head."],
      tied: try config.bool("tie_word_embeddings", default: true)
        ? [TiedWeights(embedding: "wte.weight", head: "lm_head.weight", readsHead: head == .languageModel)] : [])
  }

  static func make(_ config: HuggingFaceConfig, head: HeadKind, dropout: Double?, _ list: ParameterList)
    throws(CheckpointError) -> any Model
  {
    let keys = try GPT2Config(config, dropout: dropout)
    let words = list.make("transformer.wte.weight", .embedding, [keys.vocabularySize, keys.hiddenSize])
    let positions = list.make("transformer.wpe.weight", .embedding, [keys.positions, keys.hiddenSize])
    let layers = (0..<keys.layers).map { layer(keys, $0, list) }
    let norm = NormLayer.layer(list.layerNorm("transformer.ln_f", width: keys.hiddenSize, eps: keys.eps))
    let output = try DecoderHead(
      head, config, width: keys.hiddenSize, vocabulary: keys.vocabularySize, tiedTo: keys.tiesEmbeddings ? words : nil,
      list)
    return Decoder(
      head == .languageModel ? "GPT2LMHeadModel" : "GPT2" + head.classSuffix, maximumLength: keys.positions,
      embeddings: DecoderEmbeddings(
        words: words, vocabularySize: keys.vocabularySize, positions: positions, dropout: keys.embeddingDropout),
      layers: layers, norm: norm, head: output, residualSuffix: ".c_proj.weight", list)
  }

  private static func layer(_ keys: GPT2Config, _ index: Int, _ list: ParameterList) -> DecoderLayer {
    let (name, width) = ("transformer.h.\(index)", keys.hiddenSize)
    let heads = OutputBlocks(count: keys.heads, size: width / keys.heads)
    return DecoderLayer(
      attentionNorm: .layer(list.layerNorm("\(name).ln_1", width: width, eps: keys.eps)),
      projection: .fused(
        list.conv1D(
          "\(name).attn.c_attn", .matrix, out: 3 * width, in: width,
          blocks: [heads, heads, OutputBlocks(count: width, size: 1)])),
      attentionOutput: list.conv1D("\(name).attn.c_proj", .matrix, out: width, in: width),
      norm: .layer(list.layerNorm("\(name).ln_2", width: width, eps: keys.eps)),
      feedForward: .plain(
        wide: list.conv1D("\(name).mlp.c_fc", .matrix, out: keys.innerSize, in: width), keys.activation,
        narrow: list.conv1D("\(name).mlp.c_proj", .matrix, out: width, in: keys.innerSize)),
      attention: AttentionShape(
        heads: keys.heads, keyValueHeads: keys.heads, headSize: width / keys.heads, isCausal: true,
        scale: keys.attentionScale(index)),
      attentionDropout: keys.attentionDropout, residualDropout: keys.residualDropout)
  }
}
