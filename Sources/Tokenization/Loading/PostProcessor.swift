import Support

/// Reads the `post_processor` of tokenizer.json, which puts special tokens around texts and may trim offsets.
enum PostProcessor {
  /// The template of special tokens; `nil` when tokenizer.json has none.
  static func template(_ folder: TokenizerFolder) throws(TokenizerError) -> SpecialTokenTemplate? {
    guard let value = folder.tokenizerJSON?["post_processor"], !value.isNull else { return nil }
    return try template(value, folder.jsonPath, depth: 0)
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
  static func trimming(_ folder: TokenizerFolder) throws(TokenizerError) -> OffsetTrimming? {
    guard let value = folder.tokenizerJSON?["post_processor"] else { return nil }
    for item in [value] + (value["processors"]?.array ?? []) {
      guard let type = item["type"]?.string, type == "ByteLevel" || type == "RobertaProcessing" else { continue }
      if item["trim_offsets"]?.bool ?? true {
        return OffsetTrimming(addsPrefixSpace: item["add_prefix_space"]?.bool ?? true)
      }
    }
    return nil
  }

  private static func template(_ value: JSON, _ path: String, depth: Int) throws(TokenizerError)
    -> SpecialTokenTemplate?
  {
    let key = "post_processor"
    switch value["type"]?.string {
    case "ByteLevel": return .plain
    case "BertProcessing":
      return .bert(cls: try id(value["cls"], path, key + ".cls"), sep: try id(value["sep"], path, key + ".sep"))
    case "RobertaProcessing":
      return .roberta(cls: try id(value["cls"], path, key + ".cls"), sep: try id(value["sep"], path, key + ".sep"))
    case "TemplateProcessing":
      return SpecialTokenTemplate(
        single: try parts(value, "single", path), pair: try parts(value, "pair", path))
    case "Sequence":
      var found: SpecialTokenTemplate?
      for item in value["processors"]?.array ?? [] where depth == 0 {
        guard let template = try template(item, path, depth: 1), template != .plain || found == nil else { continue }
        guard found == nil || found == .plain else {
          throw .unsupported(path: path, what: "a sequence of two templates", advice: "keep one post_processor")
        }
        found = template
      }
      return found
    default:
      throw .badField(
        path: path, key: key + ".type", found: value["type"]?.summary ?? "nothing",
        expected: "TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel or Sequence")
    }
  }

  /// The id in `["[SEP]", 102]`.
  private static func id(_ value: JSON?, _ path: String, _ key: String) throws(TokenizerError) -> Int32 {
    guard let items = value?.array, items.count == 2, let id = items[1].integer.flatMap(Int32.init(exactly:)), id >= 0
    else {
      throw .badField(path: path, key: key, found: value?.summary ?? "nothing", expected: "[token, id]")
    }
    return id
  }

  private static func parts(_ value: JSON, _ name: String, _ path: String) throws(TokenizerError)
    -> [SpecialTokenTemplate.Part]
  {
    let key = "post_processor." + name
    guard let items = value[name]?.array else {
      throw .badField(path: path, key: key, found: value[name]?.summary ?? "nothing", expected: "an array")
    }
    var out: [SpecialTokenTemplate.Part] = []
    for item in items {
      if let sequence = item["Sequence"], let type = typeID(sequence), let which = sequence["id"]?.string,
        which == "A" || which == "B" && name == "pair"
      {
        out.append(.sequence(index: which == "A" ? 0 : 1, typeID: type))
      } else if let special = item["SpecialToken"], let type = typeID(special), let token = special["id"]?.string,
        let ids = value["special_tokens"]?[token]?["ids"]?.array
      {
        for item in ids {
          guard let id = item.integer.flatMap(Int32.init(exactly:)), id >= 0 else {
            throw .badField(
              path: path, key: "post_processor.special_tokens.ids", found: item.summary, expected: "token ids")
          }
          out.append(.special(id: id, typeID: type))
        }
      } else {
        throw .badField(path: path, key: key, found: item.summary, expected: "Sequence or SpecialToken parts with ids")
      }
    }
    return out
  }

  private static func typeID(_ value: JSON) -> Int32? {
    value["type_id"]?.integer.flatMap(Int32.init(exactly:)).flatMap { $0 >= 0 ? $0 : nil }
  }
}
