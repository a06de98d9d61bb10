import Tensors

/// The names of an encoder layer's parts, without the name of the layer, e.g. `attention.self.query`.
struct EncoderLayerNames {
  let query: String
  let key: String
  let value: String
  let attentionOutput: String
  let attentionNorm: String
  let intermediate: String
  let output: String
  let outputNorm: String
}

/// A post-norm transformer layer in which every token sees its whole sequence.
struct EncoderLayer {
  private let query: LinearLayer
  private let key: LinearLayer
  private let value: LinearLayer
  private let attentionOutput: LinearLayer
  private let attentionNorm: LayerNormLayer
  private let intermediate: LinearLayer
  private let output: LinearLayer
  private let outputNorm: LayerNormLayer
  private let shape: AttentionShape
  private let config: EncoderConfig

  init(_ config: EncoderConfig, _ name: String, _ names: EncoderLayerNames, _ list: ParameterList) {
    self.config = config
    let width = config.hiddenSize
    func square(_ part: String, heads: Int? = nil) -> LinearLayer {
      list.linear("\(name).\(part)", .matrix, out: width, in: width, heads: heads)
    }
    query = square(names.query, heads: config.heads)
    key = square(names.key, heads: config.heads)
    value = square(names.value)
    attentionOutput = square(names.attentionOutput)
    attentionNorm = list.layerNorm("\(name).\(names.attentionNorm)", width: width, eps: config.eps)
    intermediate = list.linear("\(name).\(names.intermediate)", .matrix, out: config.intermediateSize, in: width)
    output = list.linear("\(name).\(names.output)", .matrix, out: width, in: config.intermediateSize)
    outputNorm = list.layerNorm("\(name).\(names.outputNorm)", width: width, eps: config.eps)
    shape = AttentionShape(
      heads: config.heads, keyValueHeads: config.heads, headSize: width / config.heads, isCausal: false)
  }

  /// - Parameters:
  ///   - x: hidden states, `[tokens, width]`.
  ///   - prefix: trained keys and values before those of each sequence.
  ///   - rows: the tokens whose new hidden states are computed; `nil` for all. Keys and values are computed for all.
  /// - Returns: hidden states of these tokens.
  func callAsFunction(
    _ x: Variable, _ batch: PackedBatch, prefix: AttentionPrefix?, rows: TokenRows?, _ recomputation: Recomputation,
    on tape: Tape
  ) -> Variable {
    func own(_ x: Variable, _ tape: Tape) -> Variable { rows.map { tape.gatherRows(x, rows: $0.tokens) } ?? x }
    let context = tape.attended(x, recomputation) { x, tape in
      tape.attention(
        query: query(own(x, tape), on: tape), key: key(x, on: tape), value: value(x, on: tape), offsets: batch.offsets,
        shape: shape, dropoutRate: config.attentionDropout, rows: rows, prefix: prefix)
    }
    let own = own(x, tape)
    let attended = tape.dropout(attentionOutput(context, on: tape), rate: config.hiddenDropout, rows: rows)
    let middle = attentionNorm(tape.add(attended, own), on: tape)
    let wide = intermediate(middle, config.activation, on: tape)
    let narrow = tape.dropout(output(wide, on: tape), rate: config.feedForwardDropout, rows: rows)
    return outputNorm(tape.add(narrow, middle), on: tape)
  }
}
