import Checkpoints
import Tensors

/// The model of GPT-2 and the LLaMA-like families: embeddings, layers, a norm and a head.
///
/// A token sees only itself and the tokens before it. A decoder can therefore continue a text, and tell how likely a
/// continuation is.
final class Decoder: Model {
  let architecture: String
  let parameters: [Parameter]
  let vocabularySize: Int
  let maximumLength: Int
  var precision = Precision.float32
  var recomputation = Recomputation.none
  private let embeddings: DecoderEmbeddings
  private let layers: [DecoderLayer]
  private let norm: NormLayer
  private let head: DecoderHead
  private let residualSuffix: String?
  private let virtual: VirtualTokens?

  /// - Parameter residualSuffix: the end of the names of weights whose product is added to the hidden states, for a
  ///   family that initializes these weights smaller than the others; `nil` for other families.
  init(
    _ architecture: String, maximumLength: Int, embeddings: DecoderEmbeddings, layers: [DecoderLayer],
    norm: NormLayer, head: DecoderHead, residualSuffix: String? = nil, _ list: ParameterList
  ) {
    self.architecture = architecture
    let attention = layers.first?.attention
    virtual = list.virtualTokens(
      VirtualTokens.Widths(
        layers: layers.count, key: (attention?.keyValueHeads ?? 0) * (attention?.headSize ?? 0),
        heads: attention?.keyValueHeads ?? 0, embedding: embeddings.words.columns, queryHeads: attention?.heads ?? 0))
    parameters = list.parameters
    vocabularySize = embeddings.vocabularySize
    self.maximumLength = maximumLength - (virtual?.count ?? 0)
    (self.embeddings, self.layers, self.norm, self.head) = (embeddings, layers, norm, head)
    self.residualSuffix = residualSuffix
  }

  func logits(_ batch: PackedBatch, on tape: Tape) -> Variable {
    logits(batch, rows: batch.predictingTokens ?? head.rows(of: batch), cache: nil, on: tape)
  }

  /// A language model computes its logits for the predicted tokens alone, some at a time.
  func loss(
    _ targets: HeadTargets, of batch: PackedBatch, mass: TargetMass, weight: Double, on tape: Tape
  ) -> Variable {
    let predicting = batch.predictingTokens ?? Array(0..<batch.tokenCount)
    let labels: [Int]
    switch targets {
    case .nextTokens where isLanguageModel: labels = batch.nextTokens
    case .followingTokens(let tokens) where isLanguageModel: labels = tokens
    default: return tape.loss(logits(batch, on: tape), targets, of: batch, mass: mass, weight: weight)
    }
    let counted = zip(predicting, labels).filter { $1 >= 0 }
    let hidden = hidden(batch, rows: counted.map(\.0), cache: nil, on: tape)
    return tape.linearCrossEntropy(
      hidden, weight: head.weight, labels: counted.map(\.1), mass: mass, count: weight)
  }

  /// The logits of some tokens, as in ``Model/logits(_:on:)``. The final norm and the head are computed for these
  /// tokens only, and so is the last layer, except for the keys and values that the others see.
  ///
  /// - Parameters:
  ///   - rows: the tokens of the batch to compute logits for; `nil` for all.
  ///   - cache: the keys and values of the tokens before the batch's sequences. Those of the batch are added to it.
  func logits(_ batch: PackedBatch, rows: [Int]?, cache: KeyValueCache?, on tape: Tape) -> Variable {
    head(hidden(batch, rows: rows, cache: cache, on: tape), on: tape)
  }

  /// What the head reads, for some tokens of a batch. See ``logits(_:rows:cache:on:)``.
  func hidden(_ batch: PackedBatch, rows: [Int]?, cache: KeyValueCache?, on tape: Tape) -> Variable {
    guard let virtual else { return hidden(batch, rows: rows, nil, cache: cache, on: tape) }
    guard let places = virtual.rows(batch) else {
      return hidden(batch.after(virtual.count), rows: rows, nil, cache: cache, on: tape)
    }
    let own = rows.map { $0.map { places.own[$0] } } ?? places.own
    return hidden(batch.adding(places), rows: own, (virtual.table, places), cache: cache, on: tape)
  }

  private func hidden(
    _ batch: PackedBatch, rows: [Int]?, _ prompt: (Parameter, VirtualRows)?, cache: KeyValueCache?, on tape: Tape
  ) -> Variable {
    var hidden = embeddings(batch, prompt, on: tape)
    let isWhole = cache == nil && batch.past == nil
    let needed = isWhole ? rows.flatMap { TokenRows($0, offsets: batch.offsets) } : nil
    for (index, layer) in layers.enumerated() {
      let isLast = index == layers.count - 1
      func output(_ x: Variable, _ tape: Tape) -> Variable {
        layer(
          x, batch, cache: cache?.layers[index], prefix: virtual?.prefix(index), rows: isLast ? needed : nil,
          recomputation, on: tape)
      }
      hidden = isLast ? output(hidden, tape) : tape.layer(hidden, recomputation, output)
    }
    if needed == nil, let rows { hidden = tape.gatherRows(hidden, rows: rows) }
    return norm(hidden, on: tape)
  }

  /// The logits for rows of ``hidden(_:rows:cache:on:)``.
  func logits(ofHidden rows: Tensor) -> Tensor {
    let tape = Tape(isTraining: false, precision: precision)
    return head(tape.constant(rows), on: tape).value
  }

  /// Whether the head predicts the next token.
  var isLanguageModel: Bool { head.kind == .languageModel }

  /// An empty cache. See ``AttentionCache/init(width:capacities:parents:)``.
  func makeCache(capacities: [Int], parents: [Int?]) -> KeyValueCache {
    // Virtual tokens come first: in a sequence without a parent, or in its children where it has no tokens.
    let virtual = virtual.map { $0.isEmbedding ? $0.count : 0 } ?? 0
    let rooms = capacities.enumerated().map { index, capacity in
      let parent = parents.isEmpty ? nil : parents[index]
      return parent.map { capacities[$0] > 0 } ?? false ? capacity : capacity + virtual
    }
    return KeyValueCache(widths: cacheWidths, capacities: rooms, parents: parents)
  }

  /// The memory that a cached token takes.
  var cachedBytesPerToken: Int { cacheWidths.reduce(0, +) * 2 * ElementType.float32.size }

  /// For each layer, the width of a token's keys.
  private var cacheWidths: [Int] { layers.map { $0.attention.keyValueHeads * $0.attention.headSize } }

  /// Weights whose product is added to the hidden states start smaller by a factor of `√(2 · layers)`, because each
  /// layer adds two such products (Radford et al., 2019).
  func initialDeviation(of parameter: Parameter, range: Double) -> Double {
    guard let residualSuffix, parameter.name.hasSuffix(residualSuffix) else { return range }
    return range / Double(2 * layers.count).squareRoot()
  }
}

extension Decoder {
  /// A model of a LLaMA-like family.
  ///
  /// - Parameters:
  ///   - name: the name of the family's classes in transformers, without the head's suffix, e.g. `Llama`.
  ///   - spanBase: what its question-answering class calls the base model.
  /// - Throws: ``CheckpointError`` for a head that decoders do not have.
  convenience init(
    _ name: String, _ config: DecoderConfig, _ source: HuggingFaceConfig, head kind: HeadKind,
    spanBase: String = "transformer",
    _ list: ParameterList
  ) throws(CheckpointError) {
    let base = kind == .spanExtraction ? spanBase : "model"
    let maximumLength = min(config.positions, 1 << 16)
    let table = RotaryTable(
      inverseFrequencies: config.inverseFrequencies, positions: list.allocates ? maximumLength : 1)
    let words = list.make("\(base).embed_tokens.weight", .embedding, [config.vocabularySize, config.hiddenSize])
    let layers = (0..<config.layers).map { DecoderLayer(config, "\(base).layers.\($0)", table, list) }
    let norm = list.rmsNorm("\(base).norm", width: config.hiddenSize, eps: config.eps)
    let head = try DecoderHead(
      kind, source, width: config.hiddenSize, vocabulary: config.vocabularySize,
      tiedTo: config.tiesEmbeddings ? words : nil, list)
    self.init(
      name + kind.classSuffix, maximumLength: maximumLength,
      embeddings: DecoderEmbeddings(words: words, vocabularySize: config.vocabularySize, paddingID: config.paddingID),
      layers: layers, norm: norm, head: head, list)
  }
}

extension WeightNames {
  /// The naming rules of the checkpoints of LLaMA-like families.
  ///
  /// - Throws: ``CheckpointError`` for a `tie_word_embeddings` that is not a boolean.
  static func decoder(_ config: HuggingFaceConfig, head: HeadKind) throws(CheckpointError) -> WeightNames {
    WeightNames(
      basePrefixes: ["model.", "transformer."], ignoredSuffixes: ["rotary_emb.inv_freq"],
      otherHeads: ["lm_head.", "score.", "qa_outputs."],
      tied: try config.bool("tie_word_embeddings", default: false)
        ? [TiedWeights(embedding: "embed_tokens.weight", head: "lm_head.weight", readsHead: head == .languageModel)]
        : [])
  }
}
