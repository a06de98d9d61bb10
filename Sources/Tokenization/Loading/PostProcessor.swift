import Support

/// Reads the `post_processor` of tokenizer.json, which puts special tokens around texts and may trim offsets.
enum PostProcessor {
  /// The template of special tokens; `nil` when tokenizer.json has none.
  static func template(_ folder: TokenizerFolder) throws(TokenizerError) -> SpecialTokenTemplate? {
    try folder.tokenizerJSON.flatMap { (json) throws(TokenizerError) in try template(json["post_processor"]) }
  }

  /// The template of a post_processor; `nil` when it is absent.
  static func template(_ part: TokenizerField) throws(TokenizerError) -> SpecialTokenTemplate? {
    part.isAbsent ? nil : try template(part, depth: 0)
  }

  /// Refuses a folder whose tokenizer.json has other special tokens than its class brings.
  ///
  /// Token types are not compared, since the class decides them. A `ByteLevel` post_processor always agrees, since it
  /// adds no special tokens.
  static func requireAgreement(_ template: SpecialTokenTemplate, in folder: TokenizerFolder) throws(TokenizerError) {
    guard let own = try self.template(folder), own != .plain else { return }
    func order(_ parts: [SpecialTokenTemplate.Part]) -> [Int] {
      parts.map { part in
        switch part {
        case .special(let id, _): Int(id)
        case .sequence(let index, _): -1 - index
        }
      }
    }
    guard order(own.single) == order(template.single), order(own.pair) == order(template.pair) else {
      throw .unsupported(
        path: folder.jsonPath, what: "a post_processor with other special tokens than the class of the tokenizer",
        advice: "name tokenizer_class PreTrainedTokenizerFast in tokenizer_config.json, or remove the post_processor")
    }
  }

  /// How offsets are trimmed; `nil` when they are not trimmed.
  static func trimming(_ part: TokenizerField?) -> OffsetTrimming? {
    guard let value = part?.json else { return nil }
    for item in [value] + (value["processors"]?.array ?? []) {
      guard let type = item["type"]?.string, type == "ByteLevel" || type == "RobertaProcessing" else { continue }
      if item["trim_offsets"]?.bool ?? true {
        return OffsetTrimming(addsPrefixSpace: item["add_prefix_space"]?.bool ?? true)
      }
    }
    return nil
  }

  private static func template(_ part: TokenizerField, depth: Int) throws(TokenizerError) -> SpecialTokenTemplate? {
    switch part.type {
    case "ByteLevel": return .plain
    case "BertProcessing": return .bert(cls: try part["cls"].required(.pair), sep: try part["sep"].required(.pair))
    case "RobertaProcessing":
      return .roberta(cls: try part["cls"].required(.pair), sep: try part["sep"].required(.pair))
    case "TemplateProcessing":
      return SpecialTokenTemplate(single: try parts(part, "single"), pair: try parts(part, "pair"))
    case "Sequence":
      var found: SpecialTokenTemplate?
      for item in part["processors"].isAbsent || depth > 0 ? [] : try part["processors"].items() {
        guard let template = try template(item, depth: 1), template != .plain || found == nil else { continue }
        guard found == nil || found == .plain else {
          throw .unsupported(path: part.path, what: "a sequence of two templates", advice: "keep one post_processor")
        }
        found = template
      }
      return found
    default:
      throw part["type"].fault("TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel or Sequence")
    }
  }

  private static func parts(_ processor: TokenizerField, _ name: String) throws(TokenizerError)
    -> [SpecialTokenTemplate.Part]
  {
    var out: [SpecialTokenTemplate.Part] = []
    for part in try processor[name].items() {
      let (sequence, special) = (part["Sequence"], part["SpecialToken"])
      if let type = typeID(sequence), let which = sequence["id"].json?.string,
        which == "A" || which == "B" && name == "pair"
      {
        out.append(.sequence(index: which == "A" ? 0 : 1, typeID: type))
      } else if let type = typeID(special), let token = special["id"].json?.string,
        case let ids = processor["special_tokens"][token]["ids"], ids.json?.array != nil
      {
        out += try ids.items(.tokenID).map { .special(id: $0, typeID: type) }
      } else {
        throw part.fault("Sequence or SpecialToken parts with ids")
      }
    }
    return out
  }

  private static func typeID(_ part: TokenizerField) -> Int32? {
    part["type_id"].json.flatMap(JSONKind.tokenID.read)
  }
}

extension JSONKind where Value == Int32 {
  /// The id in `["[SEP]", 102]`.
  fileprivate static var pair: JSONKind {
    .init("[token, id]") { json in
      guard let items = json.array, items.count == 2 else { return nil }
      return tokenID.read(items[1])
    }
  }
}
