import Support

/// Builds a tokenizer as tokenizer.json describes it.
///
/// Where the description is one that a faster tokenizer was written for, that one cuts the text.
enum DescribedLoader {
  /// The parts of a description.
  struct Parts {
    var normalizers: [NormalizingStep]
    var cuts: [CuttingStep]
    var model: ModelReader
    var decoder: [DecodingStep]?
    var template: SpecialTokenTemplate
    var trimsOffsets: OffsetTrimming?

    init(
      normalizers: [NormalizingStep], cuts: [CuttingStep], model: ModelReader, decoder: [DecodingStep]?,
      template: SpecialTokenTemplate = .plain
    ) {
      (self.normalizers, self.cuts, self.model, self.decoder) = (normalizers, cuts, model, decoder)
      self.template = template
    }

    /// Reads tokenizer.json, or what a class makes of it.
    init(_ json: TokenizerField) throws(TokenizerError) {
      normalizers = try NormalizerReader.steps(json["normalizer"])
      cuts = try PreTokenizerReader.steps(json["pre_tokenizer"])
      decoder = try DecoderReader.steps(json["decoder"])
      template = try PostProcessor.template(json["post_processor"]) ?? .plain
      trimsOffsets = PostProcessor.trimming(json["post_processor"])
      model = try ModelReader(json["model"])
    }
  }

  /// - Parameters:
  ///   - json: tokenizer.json, or what a class makes of it.
  ///   - defaults: the tokens of roles that the settings do not name.
  static func load(
    _ folder: TokenizerFolder, _ json: TokenizerField, defaults: [String: String] = [:], givesTypeIDs: Bool = false
  ) throws(TokenizerError) -> any Tokenizer {
    let settings = try SpecialTokenSettings(folder, defaults: defaults)
    return try build(folder, try Parts(json), settings, givesTypeIDs: givesTypeIDs) { _ throws(TokenizerError) in nil }
  }

  /// - Parameter template: the template of a class, which depends on its special tokens; `nil` for that of the parts.
  static func build(
    _ folder: TokenizerFolder, _ parts: Parts, _ settings: SpecialTokenSettings, givesTypeIDs: Bool,
    template: (SpecialTokens) throws(TokenizerError) -> SpecialTokenTemplate?
  ) throws(TokenizerError) -> any Tokenizer {
    var ids: [ByteString: Int32] = [:]
    ids.reserveCapacity(parts.model.entries.count)
    for (entry, id) in parts.model.entries { ids[entry] = id }
    // The library numbers new tokens from the number of entries, not from the largest id; a piece of a unigram model that
    // is there twice counts twice.
    var size = ids.count
    if case .unigram = parts.model.kind { size = parts.model.entries.count }
    let (added, special) = settings.resolve(vocabularySize: Int32(size)) { ids[$0] }
    let normalizers = parts.normalizers
    var failure: TokenizerError?
    let layers = AddedTokenLayers(added) { content in
      do throws(TokenizerError) {
        let text = content.bytes.withUnsafeBufferPointer { NormalizedText($0, 0..<$0.count) }
        return ByteString(try NormalizingStep.apply(normalizers, to: text).bytes)
      } catch {
        failure = error
        return content
      }
    }
    if let failure { throw failure }
    let decoder = TokenDecoder(steps: parts.decoder, entries: EntryTable(parts.model.entries), added: layers)
    let shared = Shared(
      added: added, special: special, template: try template(special) ?? parts.template,
      givesTypeIDs: try folder.givesTypeIDs(givesTypeIDs))
    if let core = try fast(parts, shared) { return DescribedTokenizer(core: core, decoder: decoder) }
    return PipelineTokenizer(
      normalizers: parts.normalizers, cuts: parts.cuts, model: try model(parts.model),
      trimsOffsets: parts.trimsOffsets, decoder: decoder, special: special, template: shared.template,
      givesTypeIDs: shared.givesTypeIDs)
  }

  private struct Shared {
    var added: [AddedToken]
    var special: SpecialTokens
    var template: SpecialTokenTemplate
    var givesTypeIDs: Bool
  }

  private static func model(_ model: ModelReader) throws(TokenizerError) -> PieceModel {
    switch model.kind {
    case .pairs(let merges, let options):
      return .pairs(try CharacterPairs(path: model.path, entries: model.entries, merges: merges, options))
    case .unigram(let vocabulary, let byteFallback):
      return .unigram(UnigramPieces(vocabulary, byteFallback: byteFallback))
    case .wordPiece(let vocabulary, let unknown, let length):
      return .wordPiece(vocabulary, unknown: unknown, maximumLength: length)
    case .wordLevel(let unknown):
      return .wordLevel(Dictionary(model.entries, uniquingKeysWith: { $1 }), unknown: unknown)
    }
  }

  /// A tokenizer that gives the same tokens faster; `nil` where there is none.
  private static func fast(_ parts: Parts, _ shared: Shared) throws(TokenizerError) -> (any Tokenizer)? {
    switch parts.model.kind {
    case .pairs(let merges, let options):
      guard !options.byteFallback, options.prefix.bytes.isEmpty, options.suffix.bytes.isEmpty,
        let cuts = WordCuts(parts.cuts)
      else { return nil }
      return ByteLevelTokenizer(
        vocabulary: try ByteLevelVocabulary(
          path: parts.model.path, entries: parts.model.entries, mergesPath: parts.model.path, merges: merges,
          ignoresMerges: options.ignoresMerges, unknownToken: options.unknown, fusesUnknown: options.fusesUnknown),
        cuts: cuts, normalizers: parts.normalizers, trimsOffsets: parts.trimsOffsets, added: shared.added,
        special: shared.special, template: shared.template, givesTypeIDs: shared.givesTypeIDs)
    case .unigram(let vocabulary, false):
      guard parts.trimsOffsets == nil, let map = onlyMap(parts.normalizers),
        let cuts = UnigramTokenizer.Cuts(parts.cuts)
      else { return nil }
      return UnigramTokenizer(
        vocabulary: vocabulary, normalizer: map, cuts: cuts, added: shared.added, special: shared.special,
        template: shared.template, givesTypeIDs: shared.givesTypeIDs)
    case .wordPiece(let vocabulary, let unknown, let length):
      guard parts.trimsOffsets == nil, parts.normalizers.count == 1,
        case .bert(let normalizer, _) = parts.normalizers[0],
        parts.cuts.count == 1, case .bert = parts.cuts[0]
      else { return nil }
      return WordPieceTokenizer(
        vocabulary: vocabulary, unknown: unknown, maximumWordLength: length, normalizer: normalizer,
        added: shared.added, special: shared.special, template: shared.template, givesTypeIDs: shared.givesTypeIDs)
    case .unigram, .wordLevel: return nil
    }
  }

  private static func onlyMap(_ normalizers: [NormalizingStep]) -> PrecompiledNormalizer? {
    if normalizers.isEmpty { return PrecompiledNormalizer(map: nil) }
    guard normalizers.count == 1, case .precompiled(let map) = normalizers[0] else { return nil }
    return map
  }
}

extension WordCuts {
  /// The steps that end in bytes and only cut before that; `nil` for others.
  init?(_ steps: [CuttingStep]) {
    guard case .byteLevel(let addsPrefixSpace, let pattern)? = steps.last, steps.dropLast().allSatisfy(\.isPure) else {
      return nil
    }
    self.init(
      stages: steps.dropLast().map { step in
        switch step {
        case .words(let pattern): .pattern(pattern)
        case .characters(.number, .isolated): .digits(individual: true)
        case .characters(.number, .contiguous): .digits(individual: false)
        default: .cut(step)
        }
      }, addsPrefixSpace: addsPrefixSpace, pattern: pattern)
  }
}

extension UnigramTokenizer.Cuts {
  /// Metaspace with `▁`, alone or after WhitespaceSplit; `nil` for other steps.
  init?(_ steps: [CuttingStep]) {
    var rest = steps[...]
    var atWhiteSpace = false
    if case .characters(.whitespace, .removed)? = rest.first {
      atWhiteSpace = true
      rest = rest.dropFirst()
    }
    guard rest.count == 1, case .metaspace(0x2581, let prefix, let splits)? = rest.first else { return nil }
    self.init(atWhiteSpace: atWhiteSpace, prefix: prefix, atBlanks: splits)
  }
}
