import Support

extension CheckpointInspection {
  /// The inspection as `finetune inspect --json` prints it; parts that could not be read are null.
  package var json: JSON {
    var object = JSONObject()
    object["path"] = .text(path)
    object["weights_folder"] = .optional(weightsFolder)
    object["adapter"] = adapter?.json ?? .null
    object["config"] = config?.json ?? .null
    object["weights"] = weights?.json ?? .null
    object["tokenizer"] = tokenizer?.json ?? .null
    object["trained_for"] = .optional(trainedFor)
    object["files"] = .array(
      files.map { file in .object(JSONObject(["path": .text(file.path), "bytes": .integer(file.bytes)])) })
    object["texts"] = .array(
      texts.map { text, pieces in
        .object(JSONObject(["text": .text(text), "tokens": .array(pieces.map(\.json))]))
      })
    object["faults"] = .array(
      faults.all.map { fault in .object(JSONObject(["part": .text(fault.part), "message": .text(fault.message)])) })
    return .object(object)
  }
}

extension JSON {
  fileprivate static func optional(_ text: String?) -> JSON { text.map(JSON.text) ?? .null }
  fileprivate static func optional(_ number: Int?) -> JSON { number.map(JSON.integer) ?? .null }
  fileprivate static func texts(_ texts: [String]) -> JSON { .array(texts.map(JSON.text)) }
}

extension InspectedAdapter {
  fileprivate var json: JSON {
    .object(
      JSONObject([
        "method": .optional(method), "task_type": .optional(task), "rank": .optional(rank),
        "alpha": alpha.map(JSON.real) ?? .null, "targets": .texts(targets), "modules_to_save": .texts(savedModules),
        "base": .optional(base),
      ]))
  }
}

extension InspectedConfig {
  fileprivate var json: JSON {
    let sizes = JSONObject(self.sizes.map { JSONObject.Member(ByteString($0.name), .integer($0.value)) })
    return .object(
      JSONObject([
        "model_type": .optional(modelType), "architectures": .texts(architectures), "dtype": .optional(type),
        "labels": labels.map(JSON.texts) ?? .null, "sizes": .object(sizes),
      ]))
  }
}

extension InspectedWeights {
  fileprivate var json: JSON {
    .object(
      JSONObject([
        "format": .text(format), "tensors": .integer(tensors), "types": .array(types.map(\.json)),
        "heads": .array(heads.map(\.json)), "parameters": .optional(parameters), "unused": .texts(unused),
        "missing": .texts(missing), "unexpected": .texts(unexpected),
      ]))
  }
}

extension InspectedWeights.TypeShare {
  fileprivate var json: JSON {
    .object(
      JSONObject([
        "dtype": .text(type.rawValue), "tensors": .integer(tensors), "elements": .integer(elements),
        "bytes": .integer(bytes),
      ]))
  }
}

extension InspectedHead {
  fileprivate var json: JSON {
    .object(
      JSONObject([
        "head": .text(name), "architecture": .text(architecture), "outputs": .optional(outputs), "tied": .bool(isTied),
      ]))
  }
}

extension InspectedTokenizer {
  fileprivate var json: JSON {
    let special: [JSON] = self.special.map { role, id, token in
      .object(JSONObject(["role": .text(role), "id": .integer(Int(id)), "token": .optional(token)]))
    }
    return .object(
      JSONObject([
        "folder": .text(folder), "class": .optional(className), "kind": .text(kind),
        "vocabulary_size": .integer(vocabularySize), "template": .text(template), "special_tokens": .array(special),
      ]))
  }
}

extension InspectedTokenizer.Piece {
  fileprivate var json: JSON {
    .object(
      JSONObject([
        "id": .integer(Int(id)), "piece": .text(piece), "start": .optional(range?.lowerBound),
        "end": .optional(range?.upperBound),
      ]))
  }
}
