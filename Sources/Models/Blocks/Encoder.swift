import Tensors

/// The sum of word, type and position embeddings, followed by a norm.
struct EncoderEmbeddings {
  let words: Parameter
  private let positions: Parameter
  private let types: Parameter
  private let norm: LayerNormLayer
  private let dropout: Float
  private let padding: [Int32?]
  /// Returns the row of the position table for each token; `nil` when rows are counted from 0 in each sequence.
  private let positionRows: (@Sendable (PackedBatch) -> [Int32])?

  init(
    _ config: EncoderConfig, _ name: String, _ list: ParameterList,
    paddingPosition: Int32? = nil, positionRows: (@Sendable (PackedBatch) -> [Int32])? = nil
  ) {
    let width = config.embeddingSize
    words = list.make("\(name).word_embeddings.weight", .embedding, [config.vocabularySize, width])
    positions = list.make("\(name).position_embeddings.weight", .embedding, [config.positions, width])
    types = list.make("\(name).token_type_embeddings.weight", .embedding, [config.typeVocabularySize, width])
    norm = list.layerNorm("\(name).LayerNorm", width: width, eps: config.eps)
    dropout = config.hiddenDropout
    padding = [config.paddingID, nil, paddingPosition]
    self.positionRows = positionRows
  }

  /// - Parameters:
  ///   - prompt: the embeddings of the batch's virtual tokens.
  func callAsFunction(_ batch: PackedBatch, _ prompt: (Parameter, VirtualRows)?, on tape: Tape) -> Variable {
    let rows = positionRows?(batch) ?? batch.positions
    var sum = tape.embedding([(words, batch.tokenIDs), (types, batch.typeIDs), (positions, rows)], padding: padding)
    if let (table, rows) = prompt { sum = tape.addVirtual(table, to: sum, at: rows) }
    return tape.dropout(norm(sum, on: tape), rate: dropout)
  }
}

/// The model of BERT, RoBERTa and ALBERT: embeddings, layers and a head. The families differ in the names of weights,
/// in the sharing of layers and in their heads.
final class Encoder: Model {
  let architecture: String
  let parameters: [Parameter]
  let vocabularySize: Int
  let maximumLength: Int
  var precision = Precision.float32
  var recomputation = Recomputation.none
  private let embeddings: EncoderEmbeddings
  private let mapping: LinearLayer?
  private let layers: [EncoderLayer]
  private let head: EncoderHead
  private let virtual: VirtualTokens?

  /// - Parameters:
  ///   - mapping: maps the width of the embeddings to the width of the layers; `nil` when they are equal.
  ///   - layers: the layers in order of application. A layer may occur more than once.
  init(
    _ architecture: String, _ config: EncoderConfig, maximumLength: Int, embeddings: EncoderEmbeddings,
    mapping: LinearLayer? = nil, layers: [EncoderLayer], head: EncoderHead, _ list: ParameterList
  ) {
    self.architecture = architecture
    virtual = list.virtualTokens(
      VirtualTokens.Widths(
        layers: layers.count, key: config.hiddenSize, heads: config.heads, embedding: config.embeddingSize,
        queryHeads: config.heads))
    parameters = list.parameters
    vocabularySize = config.vocabularySize
    self.maximumLength = maximumLength - (virtual?.count ?? 0)
    (self.embeddings, self.mapping, self.layers, self.head) = (embeddings, mapping, layers, head)
  }

  func logits(_ batch: PackedBatch, on tape: Tape) -> Variable {
    guard let virtual else { return logits(batch, head.rows(of: batch), nil, on: tape) }
    guard let places = virtual.rows(batch) else {
      return logits(batch.after(virtual.count), head.rows(of: batch), nil, on: tape)
    }
    // The first token that the head reads is then a virtual one, as in peft.
    let whole = batch.adding(places)
    return logits(whole, head.rows(of: whole) ?? places.own, (virtual.table, places), on: tape)
  }

  /// - Parameter read: the tokens that the head reads; `nil` for all.
  private func logits(
    _ batch: PackedBatch, _ read: [Int]?, _ prompt: (Parameter, VirtualRows)?, on tape: Tape
  ) -> Variable {
    var hidden = embeddings(batch, prompt, on: tape)
    if let mapping { hidden = mapping(hidden, on: tape) }
    for (index, layer) in layers.dropLast().enumerated() {
      let (recomputation, prefix) = (recomputation, virtual?.prefix(index))
      hidden = tape.layer(hidden, recomputation) { x, tape in
        layer(x, batch, prefix: prefix, rows: nil, recomputation, on: tape)
      }
    }
    // The last layer computes what the head reads, and no more.
    let rows = read.flatMap { TokenRows($0, offsets: batch.offsets) }
    if let last = layers.last {
      hidden = last(
        hidden, batch, prefix: virtual?.prefix(layers.count - 1), rows: rows, recomputation, on: tape)
    }
    if rows == nil, let read { hidden = tape.gatherRows(hidden, rows: read) }
    return head(hidden, on: tape)
  }
}
