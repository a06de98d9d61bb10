import Checkpoints
import Support
import Tensors
import TestSupport
import Testing

@Suite struct FolderTests {
  private func parameter(_ name: String, _ role: ParameterRole = .matrix) -> Parameter {
    Parameter(name: name, role: role, value: Tensor(zeros: [2]))
  }

  private let names = WeightNames(basePrefixes: ["model."], ignoredSuffixes: ["position_ids"], otherHeads: ["cls."])

  private func folder(_ tensors: [String]) throws -> (TemporaryFolder, CheckpointFolder) {
    let folder = try TemporaryFolder()
    _ = try folder.write("config.json", Array("{\"model_type\": \"bert\"}".utf8))
    try SafetensorsWriter.write(
      tensors.enumerated().map { ($1, Tensor([Float($0 + 1), 0], shape: [2])) }, to: folder.path + "/model.safetensors")
    return (folder, try CheckpointFolder(path: folder.path))
  }

  /// With or without prefix, under old names, heads reported, ignorable tensors passed over.
  @Test func namesAreMatched() throws {
    let (_, checkpoint) = try folder(["a.gamma", "model.b.bias", "cls.x", "embeddings.position_ids"])
    let parameters = [
      parameter("model.a.weight"), parameter("model.b.bias"), parameter("classifier.weight", .head),
    ]
    let report = try WeightLoader.load(parameters, from: checkpoint, names: names)
    #expect(report.unused == ["cls.x"] && report.created == ["classifier.weight"])
    #expect(parameters[0].value.values == [1, 0] && parameters[1].value.values == [2, 0])
  }

  @Test func missingAndUnexpectedAreListed() throws {
    let (_, checkpoint) = try folder(["model.a", "model.surprise"])
    #expect(
      throws: CheckpointError.weights(path: checkpoint.path, missing: ["model.b"], unexpected: ["model.surprise"])
    ) {
      try WeightLoader.load([parameter("model.a"), parameter("model.b")], from: checkpoint, names: names)
    }
  }

  @Test(arguments: ["../x.safetensors", "/etc/passwd", "..", "a/b", "", "gone.safetensors"])
  func shardsStayInTheFolder(_ name: String) throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("config.json", Array("{}".utf8))
    _ = try folder.write("model.safetensors.index.json", Array("{\"weight_map\": {\"a\": \"\(name)\"}}".utf8))
    #expect(throws: CheckpointError.self) { try CheckpointFolder(path: folder.path) }
  }

  @Test func shardsAreJoined() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("config.json", Array("{}".utf8))
    let map = "{\"weight_map\": {\"a\": \"1.safetensors\", \"b\": \"2.safetensors\"}}"
    _ = try folder.write("model.safetensors.index.json", Array(map.utf8))
    for (name, file) in [("a", "1"), ("b", "2")] {
      try SafetensorsWriter.write([(name, Tensor([7, 8], shape: [2]))], to: "\(folder.path)/\(file).safetensors")
    }
    let checkpoint = try CheckpointFolder(path: folder.path)
    #expect(checkpoint.entries.map(\.name) == ["a", "b"])
    let target = Tensor(zeros: [2])
    try checkpoint.read("b", into: target)
    #expect(target.values == [7, 8])
  }

  /// Where a folder holds both, the safetensors are read, as in transformers: here the other file is damaged.
  @Test func safetensorsGoFirst() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("config.json", Array("{}".utf8))
    _ = try folder.write("pytorch_model.bin", [1])
    #expect(throws: CheckpointError.self) { try CheckpointFolder(path: folder.path) }
    try SafetensorsWriter.write([("a", Tensor([7], shape: [1]))], to: folder.path + "/model.safetensors")
    #expect(try CheckpointFolder(path: folder.path).weightFiles == [folder.path + "/model.safetensors"])
  }

  /// What is wrong with an index or its shards is said with their names.
  @Test(arguments: [
    (#"{"a": "1.safetensors", "b": "1.safetensors"}"#, "1.safetensors: the weights do not fit config.json: missing b"),
    (#"{"a": "1.safetensors", "c": "3.safetensors"}"#, "tensor a is in another shard too"),
    (#"{"a": "1.safetensors", "a": "2.safetensors"}"#, "model.safetensors.index.json"),
    (#"{"a": "config.json"}"#, "config.json: it is no zip archive"),
    (
      #"{"a": "1.safetensors", "d": "4.safetensors"}"#,
      "4.safetensors is missing; model.safetensors.index.json names it"
    ),
    (#"{"a": "empty.safetensors"}"#, "empty.safetensors: 0 bytes"),
    (#"["1.safetensors"]"#, "weight_map"),
  ])
  func faultsOfShards(_ map: String, _ part: String) throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("config.json", Array("{}".utf8))
    _ = try folder.write("empty.safetensors", [])
    let tensor = Tensor([7], shape: [1])
    try SafetensorsWriter.write([("a", tensor)], to: folder.path + "/1.safetensors")
    try SafetensorsWriter.write([("a", tensor), ("c", tensor)], to: folder.path + "/3.safetensors")
    _ = try folder.write("model.safetensors.index.json", Array(#"{"weight_map": \#(map)}"#.utf8))
    #expect { try CheckpointFolder(path: folder.path) } throws: { error in
      (error as? CheckpointError)?.message.contains(part) == true
    }
  }

  @Test func configsAreReadAndKept() throws {
    let text =
      "{\"b\": 1e-12, \"hidden_size\": 12, \"name\": \"x\", \"half\": 1.5, \"null\": null, \"torch_dtype\": \"float16\"}"
    let config = try HuggingFaceConfig(bytes: Array(text.utf8), path: "config.json")
    #expect(try config.integer("hidden_size") == 12)
    #expect(try config.integer("null", default: 3) == 3)
    for key in ["name", "half", "gone", "null"] {
      #expect { try config.integer(key) } throws: { ($0 as? CheckpointError)?.message.contains("key \(key)") == true }
    }
    #expect(throws: CheckpointError.self) { try config.integer("hidden_size", in: 1...4) }
    let saved = config.saved(architecture: "X", labels: ["no", "yes"], problemType: "single_label_classification")
    #expect(saved.json.members.prefix(5) == config.json.members.prefix(5))
    #expect(saved.json["torch_dtype"]?.string == "float32" && saved.json["dtype"] == nil)
    #expect(try saved.labels() == ["no", "yes"])
  }

  /// A config from the time between transformers 4 and 5 has both keys, which must not disagree after saving.
  @Test(arguments: [["torch_dtype"], ["dtype"], ["torch_dtype", "dtype"], []])
  func everyKeyOfTheElementTypeIsSaved(_ keys: [String]) throws {
    let members = keys.map { JSONObject.Member(ByteString($0), .text("bfloat16")) }
    let saved = HuggingFaceConfig(JSONObject(members), origin: "test").saved(
      architecture: "X", labels: nil, problemType: nil)
    for key in ["torch_dtype", "dtype"] {
      let isWritten = keys.contains(key) || keys.isEmpty && key == "dtype"
      #expect(saved.json[key] == (isWritten ? .text("float32") : nil))
    }
  }

  /// transformers 5.23 keeps `id2label` values of any type; a name that is a number is that number.
  @Test func labelsThatAreNumbers() throws {
    func labels(_ text: String) throws -> [String]? {
      try HuggingFaceConfig(bytes: Array(#"{"id2label": \#(text)}"#.utf8), path: "config.json").labels()
    }
    #expect(try labels(#"{"0": 0, "1": 1}"#) == ["0", "1"])
    #expect(try labels(#"{"1": -1.5, "0": true}"#) == ["True", "-1.5"])
    for text in [#"{"0": "a", "2": "b"}"#, #"{"0": "a", "00": "b"}"#, #"{"a": "b"}"#, #"{"0": []}"#, #"{"0": null}"#] {
      #expect { try labels(text) } throws: { ($0 as? CheckpointError)?.message.contains("id2label") == true }
    }
  }

  /// A weight that is not finite is named before anything is computed with it, wherever it stands in its tensor.
  @Test(arguments: [Float.nan, .infinity, -.infinity], [0, 15, 16, 16_383, 16_384, 40_000])
  func weightsThatAreNotFinite(_ value: Float, _ index: Int) throws {
    for precision in [SafetensorsWriter.Precision.float32, .bfloat16] {
      let folder = try TemporaryFolder()
      _ = try folder.write("config.json", Array("{}".utf8))
      let tensor = Tensor(zeros: [40_001])
      tensor.fill(-.greatestFiniteMagnitude)
      if precision == .bfloat16 { tensor.fill(-3.38e38) }
      func save() throws {
        try SafetensorsWriter.write([("w", tensor)], to: folder.path + "/model.safetensors", precision: precision)
      }
      try save()
      let target = Tensor(zeros: [40_001])
      try CheckpointFolder(path: folder.path).read("w", into: target)
      #expect(target.values[index].isFinite && target.values[index] < -3e38)
      tensor.pointer[index] = value
      try save()
      #expect {
        try CheckpointFolder(path: folder.path).read("w", into: target)
      } throws: { error in
        let message = (error as? CheckpointError)?.message ?? ""
        return message.contains("tensor w: element \(index) is \(value)")
          && (error as? CheckpointError)?.exitStatus == .badInput
      }
    }
  }

  /// A saved model must stop where its source stopped.
  @Test func generationConfigIsCopied() throws {
    let (source, target) = (try TemporaryFolder(), try TemporaryFolder())
    func save() throws {
      try CheckpointWriter.save(
        config: HuggingFaceConfig(JSONObject(), origin: "test"), tensors: [("w", .float32(Tensor(zeros: [1])))],
        tokenizerFiles: ["vocab.txt"], from: source.path, generationConfig: source.path, to: target.path + "/model")
    }
    try save()
    #expect(throws: FileError.self) { try Files.read(target.path + "/model/generation_config.json") }
    let text = Array(#"{"eos_token_id": [1, 7]}"#.utf8)
    _ = try source.write("generation_config.json", text)
    try save()
    #expect(try Files.read(target.path + "/model/generation_config.json") == text)
  }

  /// The index and its files must agree.
  @Test func aTensorThatItsShardLacksIsNamed() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("config.json", Array("{}".utf8))
    _ = try folder.write(
      "model.safetensors.index.json", Array(#"{"weight_map": {"a": "1.safetensors", "b": "1.safetensors"}}"#.utf8))
    try SafetensorsWriter.write([("a", Tensor([7, 8], shape: [2]))], to: folder.path + "/1.safetensors")
    let file = folder.path + "/1.safetensors"
    #expect(throws: CheckpointError.weights(path: file, missing: ["b"], unexpected: [])) {
      try CheckpointFolder(path: folder.path)
    }
  }

  /// A file that has shared weights under the head's name only is read from there, and that name is then no surprise.
  @Test func tiedWeightsUnderTheHeadsNameOnly() throws {
    let tied = WeightNames(
      basePrefixes: ["model."], ignoredSuffixes: [], otherHeads: [],
      tied: [TiedWeights(embedding: "words.weight", head: "output.weight", readsHead: false)])
    let (_, checkpoint) = try folder(["output.weight"])
    let words = parameter("model.words.weight")
    let report = try WeightLoader.load([words], from: checkpoint, names: tied)
    #expect(report == WeightReport() && words.value.values == [1, 0])
  }

  /// Only weights and biases of a head may be missing; another parameter that shares a layer's name with one may not.
  @Test func onlyHeadsAreCreated() throws {
    let (_, checkpoint) = try folder(["a"])
    let parameters = [parameter("model.a"), parameter("classifier.weight", .head), parameter("classifier.mixture")]
    #expect(
      throws: CheckpointError.weights(path: checkpoint.path, missing: ["classifier.mixture"], unexpected: [])
    ) { try WeightLoader.load(parameters, from: checkpoint, names: names) }
  }

  /// transformers derives `num_labels` from `id2label`; one of the old head would contradict it.
  @Test func theOldNumberOfLabelsIsNotSaved() throws {
    let config = try HuggingFaceConfig(bytes: Array(#"{"num_labels": 5}"#.utf8), path: "config.json")
    let saved = config.saved(architecture: "X", labels: ["no", "yes"], problemType: nil)
    #expect(saved.json["num_labels"] == nil && saved.json["id2label"]?.object?.members.count == 2)
  }
}
