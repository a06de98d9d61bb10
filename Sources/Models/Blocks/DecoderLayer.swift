import Tensors

/// A pre-norm transformer layer in which a token sees itself and the tokens before it.
struct DecoderLayer {
  /// The linear layers that compute query, key and value.
  enum Projection {
    /// One layer, whose output holds query, key and value in consecutive columns.
    case fused(LinearLayer)
    /// One layer each. Query and key are then normalized, if the family does so, and rotated by their positions.
    case rotary(query: LinearLayer, key: LinearLayer, value: LinearLayer, norms: HeadNorms?, table: RotaryTable)
  }

  /// The norms of a query's and a key's heads.
  struct HeadNorms {
    let query: NormLayer
    let key: NormLayer
  }

  enum FeedForward {
    case plain(wide: LinearLayer, Activation, narrow: LinearLayer)
    /// `down(silu(gate(x)) · up(x))`.
    case gated(gate: LinearLayer, up: LinearLayer, down: LinearLayer)
  }

  let attentionNorm: NormLayer
  let projection: Projection
  let attentionOutput: LinearLayer
  let norm: NormLayer
  let feedForward: FeedForward
  let attention: AttentionShape
  let attentionDropout: Float
  /// The dropout rate of the attention output and of the feed-forward output, before each is added to the hidden
  /// states.
  var residualDropout: Float = 0

  /// - Parameters:
  ///   - x: hidden states, `[tokens, width]`.
  ///   - cache: the keys and values of the tokens before the batch's sequences; `nil` where the batch has all tokens.
  ///   - prefix: trained keys and values before those of each sequence.
  ///   - rows: the tokens whose new hidden states are computed; `nil` for all, as it must be where tokens come before the
  ///     batch's.
  /// - Returns: hidden states of these tokens.
  func callAsFunction(
    _ x: Variable, _ batch: PackedBatch, cache: AttentionCache?, prefix: AttentionPrefix?, rows: TokenRows?,
    _ recomputation: Recomputation, on tape: Tape
  ) -> Variable {
    let past = cache.map { AttentionPast.cached($0) } ?? batch.past
    let own = rows.map { tape.gatherRows(x, rows: $0.tokens) } ?? x
    let context = tape.attended(x, recomputation) { x, tape in
      attend(attentionNorm(x, on: tape), batch, rows, past, prefix, on: tape)
    }
    let attended = tape.dropout(attentionOutput(context, on: tape), rate: residualDropout, rows: rows)
    let middle = tape.add(attended, own)
    let inner = feed(norm(middle, on: tape), on: tape)
    return tape.add(tape.dropout(inner, rate: residualDropout, rows: rows), middle)
  }

  /// - Parameter rows: the tokens whose attention is computed, and for which alone queries are; `nil` for all.
  private func attend(
    _ x: Variable, _ batch: PackedBatch, _ rows: TokenRows?, _ past: AttentionPast?, _ prefix: AttentionPrefix?,
    on tape: Tape
  ) -> Variable {
    func attended(_ query: Variable, _ key: Variable, _ value: Variable) -> Variable {
      tape.attention(
        query: query, key: key, value: value, offsets: batch.offsets, shape: attention, dropoutRate: attentionDropout,
        rows: rows, past: past, prefix: prefix)
    }
    func own(_ x: Variable) -> Variable { rows.map { tape.gatherRows(x, rows: $0.tokens) } ?? x }
    switch projection {
    case .fused(let fused) where prefix == nil && (rows == nil || !fused.isDivisible):
      let context = tape.attention(
        fused: fused(x, on: tape), offsets: batch.offsets, shape: attention, dropoutRate: attentionDropout, past: past)
      return own(context)
    case .fused(let fused):
      let (query, key) = (attention.heads * attention.headSize, attention.keyValueHeads * attention.headSize)
      return attended(
        fused(own(x), outputs: 0..<query, on: tape), fused(x, outputs: query..<query + key, on: tape),
        fused(x, outputs: query + key..<query + 2 * key, on: tape))
    case .rotary(let query, let key, let value, let norms, let table):
      let positions = rows.map { $0.tokens.map { batch.positions[$0] } } ?? batch.positions
      let (queries, keys) = (query(own(x), on: tape), key(x, on: tape))
      return attended(
        tape.rotary(norms?.query(queries, on: tape) ?? queries, positions: positions, table: table),
        tape.rotary(norms?.key(keys, on: tape) ?? keys, positions: batch.positions, table: table),
        value(x, on: tape))
    }
  }

  private func feed(_ x: Variable, on tape: Tape) -> Variable {
    switch feedForward {
    case .plain(let wide, let activation, let narrow): narrow(wide(x, activation, on: tape), on: tape)
    case .gated(let gate, let up, let down): down(tape.siluGate(gate(x, on: tape), up(x, on: tape)), on: tape)
    }
  }
}

extension DecoderLayer {
  /// A layer of a LLaMA-like family, with the names that transformers gives to its parts.
  init(_ config: DecoderConfig, _ name: String, _ table: RotaryTable, _ list: ParameterList) {
    let (width, queryWidth) = (config.hiddenSize, config.heads * config.headSize)
    let keyWidth = config.keyValueHeads * config.headSize
    func attention(_ part: String, _ out: Int, _ width: Int, bias: Bool, heads: Int? = nil) -> LinearLayer {
      list.linear("\(name).self_attn.\(part)_proj", .matrix, out: out, in: width, bias: bias, heads: heads)
    }
    func feedForward(_ part: String, _ out: Int, _ width: Int) -> LinearLayer {
      list.linear("\(name).mlp.\(part)_proj", .matrix, out: out, in: width, bias: config.feedForwardBias)
    }
    let query = attention("q", queryWidth, width, bias: config.projectionBias, heads: config.heads)
    let key = attention("k", keyWidth, width, bias: config.projectionBias, heads: config.keyValueHeads)
    let value = attention("v", keyWidth, width, bias: config.projectionBias)
    func headNorm(_ part: String) -> NormLayer {
      list.rmsNorm("\(name).self_attn.\(part)_norm", width: config.headSize, eps: config.eps)
    }
    projection = .rotary(
      query: query, key: key, value: value,
      norms: config.normalizesHeads ? HeadNorms(query: headNorm("q"), key: headNorm("k")) : nil, table: table)
    attentionOutput = attention("o", width, queryWidth, bias: config.outputBias)
    self.feedForward = .gated(
      gate: feedForward("gate", config.intermediateSize, width), up: feedForward("up", config.intermediateSize, width),
      down: feedForward("down", width, config.intermediateSize))
    attentionNorm = list.rmsNorm("\(name).input_layernorm", width: width, eps: config.eps)
    norm = list.rmsNorm("\(name).post_attention_layernorm", width: width, eps: config.eps)
    self.attention = AttentionShape(
      heads: config.heads, keyValueHeads: config.keyValueHeads, headSize: config.headSize, isCausal: true)
    attentionDropout = config.attentionDropout
  }
}
