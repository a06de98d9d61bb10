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
    ("llama", "rope_scaling", .object(JSONObject(["rope_type": .text("linear"), "factor": .real(8)]))),
    ("llama", "rope_theta", .real(500)),
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

  /// A family has the heads that transformers has classes for, and no others are made.
  @Test(arguments: ["bert", "roberta", "albert", "gpt2", "llama"])
  func headsAreThoseOfTheReference(_ family: String) throws {
    let heads: [(String, HeadKind)] = [
      ("classification", .classification(labels: 2)), ("regression", .regression), ("span_extraction", .spanExtraction),
      ("multiple_choice", .multipleChoice), ("language_model", .languageModel),
      ("masked_language_model", .maskedLanguageModel),
    ]
    let config = try config(family, [])
    let reference = try JSON.parse(Files.read(SharedData.fixture("families/\(family)/heads.json")))["heads"]
    for (name, head) in heads {
      let isThere = reference?[name] != nil
      #expect(try ModelRegistry.supports(head, config) == isThere, "\(name)")
      #expect(((try? ModelRegistry.parameterShapes(config, head: head)) != nil) == isThere, "\(name)")
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

  @Test(arguments: ["gpt2", "llama"])
  func decodersAreNoMaskedLanguageModels(_ family: String) throws {
    let config = try config(family, [])
    #expect { try ModelRegistry.parameterShapes(config, head: .maskedLanguageModel) } throws: {
      ($0 as? CheckpointError)?.message.contains("masked language model on \(family)") == true
    }
  }

  /// A decoder of its own is not built; the other heads take no notice.
  @Test(arguments: ["bert", "roberta", "albert"])
  func untiedMaskedLanguageModels(_ family: String) throws {
    let config = try config(family, [("tie_word_embeddings", .bool(false))])
    #expect { try ModelRegistry.parameterShapes(config, head: .maskedLanguageModel) } throws: {
      ($0 as? CheckpointError)?.message.contains("tie_word_embeddings") == true
    }
    #expect(try !ModelRegistry.parameterShapes(config, head: .regression).isEmpty)
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

  /// The same model under its multilingual name; transformers' class copies RoBERTa's.
  @Test func multilingualRoBERTa() throws {
    let config = try config("roberta", [("model_type", .text("xlm-roberta"))])
    let fixture = try HeadFixture(
      HeadCase(family: "roberta", head: "classification", folder: SharedData.fixture("families/roberta")))
    let (model, trained) = (try ModelRegistry.make(config, head: fixture.kind, dropout: 0), try fixture.model())
    #expect(model.architecture == "XLMRobertaForSequenceClassification")
    for (copy, original) in zip(model.parameters, trained.parameters) { copy.value.copyValues(from: original.value) }
    let logits = model.logits(fixture.batch(fixture.all), on: Tape(isTraining: false)).value.values
    #expect(try largestDifference(logits, fixture.reference("logits")) < 1e-4)
  }

  /// As transformers draws them: N(0, initializer_range²), GPT-2's output projections smaller by √(2 · layers).
  @Test func freshWeights() throws {
    let config = try config("gpt2", [("n_embd", .integer(96)), ("initializer_range", .real(0.05))])
    let model = try ModelRegistry.fresh(config, head: .languageModel, dropout: nil, seed: 3)
    for parameter in model.parameters {
      let values = parameter.value.values.map(Double.init)
      if parameter.role == .bias {
        #expect(values.allSatisfy { $0 == 0 }, "\(parameter.name)")
      } else if parameter.role == .norm {
        #expect(values.allSatisfy { $0 == 1 }, "\(parameter.name)")
      } else {
        let deviation = (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
        let expected = parameter.name.hasSuffix("c_proj.weight") ? 0.05 / 2 : 0.05
        #expect(abs(deviation / expected - 1) < 0.05, "\(parameter.name)")
      }
    }
    let again = try ModelRegistry.fresh(config, head: .languageModel, dropout: nil, seed: 3)
    let other = try ModelRegistry.fresh(config, head: .languageModel, dropout: nil, seed: 4)
    #expect(again.parameters[0].value.values == model.parameters[0].value.values)
    #expect(other.parameters[0].value.values != model.parameters[0].value.values)
  }

  /// A table that is the head too has a gradient in every row, and says so; a classifier's has not.
  @Test(arguments: ["gpt2", "bert", "roberta", "albert"]) func tiedTables(_ family: String) throws {
    let config = try config(family, [])
    let head = family == "gpt2" ? HeadKind.languageModel : .maskedLanguageModel
    let tied = try ModelRegistry.fresh(config, head: head, dropout: nil, seed: 3).parameters.filter(\.isTied)
    let rows = try config.integer("vocab_size")
    #expect(tied.count == 1 && tied[0].role == .embedding && tied[0].shape[0] == rows)
    let classifier = try ModelRegistry.fresh(config, head: .classification(labels: 2), dropout: nil, seed: 3)
    #expect(classifier.parameters.allSatisfy { !$0.isTied })
  }

  /// Each rate of the config is applied while training, none in evaluation.
  @Test(arguments: [
    ("bert", "hidden_dropout_prob"), ("bert", "attention_probs_dropout_prob"), ("bert", "classifier_dropout"),
    ("roberta", "classifier_dropout"), ("albert", "hidden_dropout_prob"), ("albert", "classifier_dropout_prob"),
    ("albert", "attention_probs_dropout_prob"), ("gpt2", "embd_pdrop"), ("gpt2", "attn_pdrop"),
    ("gpt2", "resid_pdrop"), ("llama", "attention_dropout"),
  ])
  func dropoutRates(_ family: String, _ key: String) throws {
    let fixture = try HeadFixture(
      HeadCase(family: family, head: "classification", folder: SharedData.fixture("families/\(family)")))
    let rates = [
      "hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout", "classifier_dropout_prob",
      "embd_pdrop", "attn_pdrop", "resid_pdrop", "attention_dropout",
    ]
    let config = try config(family, rates.map { ($0, .real($0 == key ? 0.5 : 0)) })
    let (trained, batch) = (try fixture.model(), fixture.batch(fixture.all))
    func logits(dropout: Double?, training: Bool, seed: UInt64 = 1) throws -> [Float] {
      let model = try ModelRegistry.make(config, head: fixture.kind, dropout: dropout)
      for (copy, original) in zip(model.parameters, trained.parameters) { copy.value.copyValues(from: original.value) }
      return model.logits(batch, on: Tape(isTraining: training, random: RandomGenerator(seed: seed))).value.values
    }
    let plain = try logits(dropout: nil, training: false)
    #expect(try logits(dropout: 0, training: true) == plain)
    let dropped = try logits(dropout: nil, training: true)
    #expect(dropped != plain)
    #expect(try logits(dropout: nil, training: true) == dropped)
    #expect(try logits(dropout: nil, training: true, seed: 2) != dropped)
  }
}
