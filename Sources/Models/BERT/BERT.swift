import Checkpoints
import Tensors

/// BERT (Devlin et al., 2019), as transformers' `BertForSequenceClassification`.
enum BERTFamily: ModelFamily {
  static let modelTypes = ["bert"]
  static let weightNames = WeightNames(
    basePrefix: "bert.", ignoredSuffixes: ["embeddings.position_ids"],
    otherHeads: ["cls.", "classifier.", "qa_outputs."])

  static func make(_ config: HuggingFaceConfig, head: HeadKind, dropout: Double?) throws(CheckpointError)
    -> any Model
  {
    guard case .classification(let labels) = head else {
      throw .unsupported(
        path: config.path, what: "head:", found: "language model of bert", expected: "a classification task")
    }
    return BERTClassifier(try BERTConfig(config, dropout: dropout), labels: labels)
  }
}

/// Encoder, tanh pooler on the first token, dropout, classifier.
final class BERTClassifier: Model {
  let architecture = "BertForSequenceClassification"
  let parameters: [Parameter]
  let vocabularySize: Int
  let maximumLength: Int
  private let encoder: BERTEncoder
  private let pooler: LinearLayer
  private let classifier: LinearLayer
  private let dropout: Float

  init(_ config: BERTConfig, labels: Int) {
    let list = ParameterList()
    encoder = BERTEncoder(config, list)
    pooler = list.linear("bert.pooler.dense", .head, out: config.hiddenSize, in: config.hiddenSize)
    classifier = list.linear("classifier", .head, out: labels, in: config.hiddenSize)
    parameters = list.parameters
    vocabularySize = config.vocabularySize
    maximumLength = config.positions
    dropout = config.classifierDropout
  }

  func logits(_ batch: PackedBatch, on tape: Tape) -> Variable {
    let first = tape.gatherRows(encoder(batch, on: tape), rows: batch.firstTokens)
    return classifier(tape.dropout(tape.tanh(pooler(first, on: tape)), rate: dropout), on: tape)
  }
}

/// Embeddings and layers, hidden states `[tokens, hidden]`.
struct BERTEncoder {
  private let words: Parameter
  private let positions: Parameter
  private let types: Parameter
  private let norm: LayerNormLayer
  private let layers: [BERTLayer]
  private let dropout: Float

  init(_ config: BERTConfig, _ list: ParameterList) {
    let width = config.hiddenSize
    words = list.make("bert.embeddings.word_embeddings.weight", .embedding, [config.vocabularySize, width])
    positions = list.make("bert.embeddings.position_embeddings.weight", .embedding, [config.positions, width])
    types = list.make("bert.embeddings.token_type_embeddings.weight", .embedding, [config.typeVocabularySize, width])
    norm = list.layerNorm("bert.embeddings.LayerNorm", width: width, eps: config.eps)
    layers = (0..<config.layers).map { BERTLayer(config, "bert.encoder.layer.\($0)", list) }
    dropout = config.hiddenDropout
  }

  func callAsFunction(_ batch: PackedBatch, on tape: Tape) -> Variable {
    let sum = tape.embedding([(words, batch.tokenIDs), (types, batch.typeIDs), (positions, batch.positions)])
    var hidden = tape.dropout(norm(sum, on: tape), rate: dropout)
    for layer in layers { hidden = layer(hidden, batch, on: tape) }
    return hidden
  }
}

/// Post-norm transformer layer.
struct BERTLayer {
  private let query: LinearLayer
  private let key: LinearLayer
  private let value: LinearLayer
  private let attentionOutput: LinearLayer
  private let attentionNorm: LayerNormLayer
  private let intermediate: LinearLayer
  private let output: LinearLayer
  private let outputNorm: LayerNormLayer
  private let config: BERTConfig

  init(_ config: BERTConfig, _ name: String, _ list: ParameterList) {
    self.config = config
    let width = config.hiddenSize
    func square(_ part: String, heads: Int? = nil) -> LinearLayer {
      list.linear("\(name).attention.\(part)", .matrix, out: width, in: width, heads: heads)
    }
    query = square("self.query", heads: config.heads)
    key = square("self.key", heads: config.heads)
    value = square("self.value")
    attentionOutput = square("output.dense")
    attentionNorm = list.layerNorm("\(name).attention.output.LayerNorm", width: width, eps: config.eps)
    intermediate = list.linear("\(name).intermediate.dense", .matrix, out: config.intermediateSize, in: width)
    output = list.linear("\(name).output.dense", .matrix, out: width, in: config.intermediateSize)
    outputNorm = list.layerNorm("\(name).output.LayerNorm", width: width, eps: config.eps)
  }

  func callAsFunction(_ x: Variable, _ batch: PackedBatch, on tape: Tape) -> Variable {
    let shape = AttentionShape(
      heads: config.heads, keyValueHeads: config.heads, headSize: config.hiddenSize / config.heads, isCausal: false)
    let context = tape.attention(
      query: query(x, on: tape), key: key(x, on: tape), value: value(x, on: tape), offsets: batch.offsets,
      shape: shape, dropoutRate: config.attentionDropout)
    let attended = tape.dropout(attentionOutput(context, on: tape), rate: config.hiddenDropout)
    let middle = attentionNorm(tape.add(attended, x), on: tape)
    let wide = intermediate(middle, config.activation, on: tape)
    let narrow = tape.dropout(output(wide, on: tape), rate: config.hiddenDropout)
    return outputNorm(tape.add(narrow, middle), on: tape)
  }
}
