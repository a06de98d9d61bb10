import Foundation
import Support
import TestSupport
import Testing

/// What a checkpoint is, beside what transformers says of it (Tools/make_inspect_fixtures.py).
@Suite struct InspectCommandTests {
  private func inspect(_ path: String, _ arguments: [String] = []) throws -> (status: Int32, JSON) {
    let outcome = try Program.run(["inspect", path, "--json"] + arguments, in: TemporaryFolder())
    return (outcome.status, try JSON.parse(Array(outcome.output.utf8)))
  }

  private static func reference(_ key: String) -> [(folder: String, JSON)] {
    let file = (try? Files.read(SharedData.fixture("inspect.json"))).flatMap { try? JSON.parse($0) }
    return (file?[key]?.array ?? []).map { ($0["folder"]?.string ?? "", $0) }
  }

  static let models = reference("models").map(\.folder)
  static let tokenizers = reference("tokenizers").map(\.folder)

  /// The class of the head that the weights hold, and as many parameters as the reference counts.
  @Test(arguments: models) func weightsAreDescribed(_ folder: String) throws {
    let expected = try #require(InspectCommandTests.reference("models").first { $0.folder == folder }?.1)
    let (_, found) = try inspect(SharedData.fixture(folder))
    let weights = try #require(found["weights"])
    #expect(weights["parameters"] == expected["parameters"])
    #expect(weights["missing"]?.array == [] && weights["unexpected"]?.array == [])
    let name = try #require(expected["class"]?.string)
    let heads = try #require(weights["heads"]?.array).compactMap { $0["architecture"]?.string }
    if name.hasSuffix("Model") {
      // A base model has no head but one that is its embedding.
      #expect(heads == (folder == "families/gpt2" ? ["GPT2LMHeadModel"] : []) || folder == "families/llama-tied")
    } else {
      #expect(heads.first == name)
    }
    #expect(found["faults"]?.array?.contains { $0["part"]?.string != "tokenizer" } == false, "\(found)")
  }

  /// Special tokens, ids, pieces and the bytes that each piece covers.
  @Test(arguments: tokenizers) func textsAreTokenized(_ folder: String) throws {
    let expected = try #require(InspectCommandTests.reference("tokenizers").first { $0.folder == folder }?.1)
    let texts = try #require(expected["texts"]?.array)
    let (_, found) = try inspect(
      SharedData.fixture(folder), texts.flatMap { ["--text", $0["text"]?.string ?? ""] })
    for (text, other) in zip(texts, try #require(found["texts"]?.array)) {
      let tokens = try #require(other["tokens"]?.array)
      #expect(tokens.map { $0["id"]?.integer } == text["ids"]?.array?.map(\.integer))
      #expect(tokens.map { $0["piece"]?.string } == text["pieces"]?.array?.map(\.string))
      let spans = tokens.map { token in token["start"]?.integer.flatMap { a in token["end"]?.integer.map { [a, $0] } } }
      for (span, expected) in zip(spans, text["spans"]?.array ?? []) where expected.string == nil {
        #expect(span == expected.array?.compactMap(\.integer))
      }
    }
    let special = try #require(found["tokenizer"]?["special_tokens"]?.array)
    for member in try #require(expected["special"]?.object).members {
      let own = special.first { $0["role"]?.string == member.key.description }
      #expect(own?["id"] == member.value["id"] && own?["token"] == member.value["token"], "\(member.key)")
    }
  }

  /// Every fault is told, not only the first, and the rest of the checkpoint is shown beside them.
  @Test func allFaultsAreTold() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: SharedData.fixture("models/bert-tiny"), toPath: folder.path + "/m")
    let path = folder.path + "/m/config.json"
    var config = try #require(try JSON.parse(Files.read(path)).object)
    config["hidden_act"] = .text("relu")
    config["is_decoder"] = .bool(true)
    config["position_embedding_type"] = .text("relative_key")
    config["num_hidden_layers"] = .integer((config["num_hidden_layers"]?.integer ?? 0) + 1)
    config["type_vocab_size"] = .integer(7)
    try Files.writeAtomically(path, JSON.object(config).serialized())
    try FileManager.default.removeItem(atPath: folder.path + "/m/vocab.txt")
    let outcome = try Program.run(["inspect", "m", "--json"], in: folder)
    #expect(outcome.status == 65 && outcome.errors.contains("a run would stop at the first"))
    let found = try JSON.parse(Array(outcome.output.utf8))
    let faults = try #require(found["faults"]?.array).compactMap { $0["message"]?.string }
    for part in [
      "key hidden_act: \"relu\"", "key is_decoder: true", "key position_embedding_type:", "missing 16 tensors",
      "token_type_embeddings.weight: found shape [2,", "vocab.txt",
    ] {
      #expect(faults.contains { $0.contains(part) }, "\(part) in \(faults)")
    }
    #expect(found["tokenizer"]?.isNull == true && found["config"]?["model_type"]?.string == "bert")
    #expect(found["weights"]?["types"]?.array?.first?["dtype"]?.string == "F32")
    let text = try Program.run(["inspect", "m"], in: folder)
    #expect(text.status == 65 && text.output.contains("family: bert") && text.output.contains("faults:"))
  }

  /// A folder of which only parts are there is told with the status of missing input; one that is not there is an error.
  @Test func whatIsMissing() throws {
    let folder = try TemporaryFolder()
    try folder.write("m/config.json", Files.read(SharedData.fixture("models/bert-tiny/config.json")))
    let outcome = try Program.run(["inspect", "m"], in: folder)
    #expect(outcome.status == 66, "\(outcome.errors)")
    #expect(outcome.output.contains("model.safetensors is missing") && outcome.output.contains("tokenizer: "))
    let absent = try Program.run(["inspect", "/nope"], in: folder)
    #expect(absent.status == 66 && absent.output.isEmpty && absent.errors.contains("/nope"))
    #expect(try Program.run(["inspect", CommandTests.model, "--text-file", "/nope"], in: folder).status == 66)
  }

  /// An embedding may have rows beyond the tokenizer's, as padded ones have; it must have those that the config says, and
  /// one for each token.
  @Test(arguments: [
    (8, "8 further rows of the embedding belong to no token"), (-8, "the tokenizer makes ids up to 299"),
  ])
  func vocabularies(_ more: Int, _ part: String) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: CommandTests.model, toPath: folder.path + "/m")
    let path = folder.path + "/m/config.json"
    var config = try #require(try JSON.parse(Files.read(path)).object)
    config["vocab_size"] = .integer(300 + more)
    try Files.writeAtomically(path, JSON.object(config).serialized())
    let outcome = try Program.run(["inspect", "m"], in: folder)
    #expect(outcome.status == 65 && outcome.output.contains(part), "\(outcome.output)")
    let shape = "tensor bert.embeddings.word_embeddings.weight: found shape [300, "
    #expect(outcome.output.contains(shape) && outcome.output.contains("expected [\(300 + more), "))
  }

  @Test func soundCheckpoint() throws {
    let folder = try TemporaryFolder()
    try folder.write("texts.txt", "the cat\r\n\na dog\n")
    let outcome = try Program.run(
      ["inspect", CommandTests.model, "--text", "cats", "--text-file", "texts.txt"], in: folder)
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    for line in [
      "family: bert", "nothing would be refused", "one text: [CLS] A [SEP]", "mask: 4 [MASK]", "\"the cat\"",
      "\"a dog\"", "heads: sequence classification of 2 outputs (BertForSequenceClassification)",
    ] {
      #expect(outcome.output.contains(line), "\(line) in \(outcome.output)")
    }
  }

  /// An adapter by its own settings, beside the checkpoint that it names or that --base names.
  @Test func adapters() throws {
    let folder = try TemporaryFolder()
    let source = SharedData.fixture("adapters/bert-lora/after")
    try FileManager.default.copyItem(atPath: source, toPath: folder.path + "/a")
    let (missing, alone) = try inspect(folder.path + "/a")
    #expect(missing != 0 && alone["adapter"]?["method"]?.string == "LORA" && alone["config"]?.isNull == true)
    #expect(alone["faults"]?.array?.contains { $0["message"]?.string?.contains("--base") == true } == true)
    let (_, beside) = try inspect(folder.path + "/a", ["--base", SharedData.fixture("families/bert")])
    #expect(beside["config"]?["model_type"]?.string == "bert")
    #expect(beside["adapter"]?["rank"]?.integer == alone["adapter"]?["rank"]?.integer)
    #expect(beside["faults"]?.array?.contains { $0["part"]?.string == "adapter" } == false, "\(beside)")
  }

  /// Pickled weights are told as such, a hostile one with what it refers to.
  @Test func pickledWeights() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: SharedData.fixture("pickles/bert-sharded"), toPath: folder.path + "/m")
    let (_, found) = try inspect(folder.path + "/m")
    #expect(found["weights"]?["format"]?.string == "torch" && found["weights"]?["parameters"]?.integer == 8_867)
    #expect(found["files"]?.array?.contains { $0["path"]?.string?.hasSuffix("index.json") == true } == true)
    try Files.writeAtomically(
      folder.path + "/m/pytorch_model.bin", Files.read(SharedData.fixture("pickles/refused/system.bin")))
    let (status, hostile) = try inspect(folder.path + "/m")
    #expect(status == 65 && hostile["weights"]?.isNull == true)
    #expect(hostile["faults"]?.array?.contains { $0["message"]?.string?.contains("posix.system") == true } == true)
  }
}
