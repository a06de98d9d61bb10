import Checkpoints
import Models
import Support
import Tensors
import TestSupport
import Testing

/// What distinguishes families beside their numbers: presets, refusals, odd inputs.
@Suite struct FamilyTests {
  /// Counts by transformers, from models of the same shapes.
  @Test(arguments: ShapePresets.names)
  func presetsHaveTheReferencesParameters(_ name: String) throws {
    let preset = try #require(ShapePresets.named(name))
    let all = try JSON.parse(Files.read(SharedData.fixture("presets.json")))
    let expected = try #require(all["presets"]?[name])
    let shapes = try ModelRegistry.parameterShapes(preset.config, head: preset.head)
    #expect(shapes.reduce(0) { $0 + $1.count } == expected["parameters"]?.integer)
    #expect(shapes.count == expected["tensors"]?.integer)
  }

  @Test func presetsAreThoseOfTheFixture() throws {
    let all = try JSON.parse(Files.read(SharedData.fixture("presets.json")))
    let names = (all["presets"]?.object?.members ?? []).map(\.key.description)
    #expect(ShapePresets.names == names)
    #expect(ShapePresets.named("gpt2-117M") == nil)
  }

  private func config(_ family: String, _ changes: [(String, JSON)]) throws -> HuggingFaceConfig {
    var config = try HuggingFaceConfig(path: SharedData.fixture("families/\(family)/config.json"))
    for (key, value) in changes { config.set(key, value) }
    return config
  }

  /// What a config asks for and is not built is refused by name, never ignored.
  @Test(arguments: [
    ("bert", "is_decoder", JSON.bool(true)), ("bert", "position_embedding_type", .text("relative_key")),
    ("bert", "hidden_act", .text("relu")), ("bert", "num_attention_heads", .integer(4)),
    ("bert", "model_type", .text("t5")), ("bert", "hidden_size", .integer(0)), ("bert", "hidden_size", .text("21")),
    ("bert", "hidden_dropout_prob", .real(1)), ("roberta", "max_position_embeddings", .integer(2)),
    ("albert", "num_hidden_groups", .integer(4)), ("albert", "embedding_size", .integer(-1)),
    ("gpt2", "n_head", .integer(4)), ("gpt2", "add_cross_attention", .bool(true)),
    ("gpt2", "activation_function", .text("silu")), ("llama", "num_key_value_heads", .integer(4)),
    ("llama", "hidden_act", .text("gelu")), ("llama", "head_dim", .integer(5)),
    ("llama", "rope_parameters", .object(JSONObject(["rope_type": .text("yarn")]))),
    ("llama", "rope_parameters", .object(JSONObject(["rope_type": .text("linear")]))),
  ])
  func configsThatAreNotSupported(_ family: String, _ key: String, _ value: JSON) throws {
    let config = try config(family, [(key, value)])
    #expect {
      try ModelRegistry.parameterShapes(config, head: .classification(labels: 2))
    } throws: { error in
      guard let error = error as? CheckpointError else { return false }
      // A scaling is named by its own keys.
      return error.message.contains(key == "rope_parameters" ? "factor" : key) || error.message.contains("rope_type")
    }
  }

  @Test(arguments: ["bert", "roberta", "albert"])
  func encodersAreNoLanguageModels(_ family: String) throws {
    let config = try config(family, [])
    #expect { try ModelRegistry.parameterShapes(config, head: .languageModel) } throws: {
      ($0 as? CheckpointError)?.message.contains("causal language model on \(family)") == true
    }
  }

  @Test(arguments: ["gpt2", "llama"])
  func decodersHaveNoMultipleChoice(_ family: String) throws {
    let config = try config(family, [])
    #expect { try ModelRegistry.parameterShapes(config, head: .multipleChoice) } throws: {
      ($0 as? CheckpointError)?.message.contains("multiple choice on \(family)") == true
    }
  }

  /// A config of absurd sizes is refused before memory is asked for.
  @Test func modelsLargerThanTheMachine() throws {
    let huge = try config("bert", [("vocab_size", .integer(1 << 24)), ("hidden_size", .integer(65_535))])
    #expect { try ModelRegistry.make(huge, head: .regression, dropout: nil) } throws: {
      ($0 as? CheckpointError)?.message.contains("MiB") == true
    }
  }

  /// RoBERTa counts positions from after the padding's; a literal padding token keeps that one and is not counted.
  @Test func paddingTokensInRoBERTasText() throws {
    let fixture = try HeadFixture(
      HeadCase(family: "roberta", head: "multiple_choice", folder: SharedData.fixture("families/roberta")))
    let odd = try #require(fixture.json["padding_inside"])
    let sequence = try #require(odd["sequence"]?.array).compactMap { $0.integer.map { Int32($0) } }
    // Between other sequences: counting starts again in each.
    let batch = PackedBatch([[5, 1, 1, 7], sequence, [1, 9]])
    let logits = try fixture.model().logits(batch, on: Tape(isTraining: false)).value.values
    #expect(abs(Double(logits[1]) - (odd["logit"]?.double ?? .nan)) < 1e-5)
  }

  /// Older files say rope_theta and rope_scaling; transformers 5 says rope_parameters.
  @Test func bothSpellingsOfRopeScaling() throws {
    let fixture = try HeadFixture(
      HeadCase(family: "llama-tied", head: "language_model", folder: SharedData.fixture("families/llama-tied")))
    let new = try HuggingFaceConfig(path: SharedData.fixture("families/llama-tied/config.json"))
    var old = new
    var scaling = try #require(try new.object("rope_parameters"))
    old.set("rope_theta", scaling["rope_theta"])
    scaling["rope_theta"] = nil
    scaling["type"] = scaling["rope_type"]
    scaling["rope_type"] = nil
    old.set("rope_parameters", nil)
    old.set("rope_scaling", .object(scaling))
    let trained = try fixture.model()
    let (model, batch) = (
      try ModelRegistry.make(old, head: .languageModel, dropout: 0), fixture.batch(fixture.all)
    )
    for (copy, original) in zip(model.parameters, trained.parameters) { copy.value.copyValues(from: original.value) }
    let logits = model.logits(batch, on: Tape(isTraining: false)).value.values
    #expect(try largestDifference(logits, fixture.reference("logits")) < 1e-4)
  }
}
