import Checkpoints
import Foundation
import Models
import Support
import Tensors
import TestSupport
import Testing

/// The many ways in which one model's weights lie in folders: all give the logits of the fixture.
@Suite struct FolderVariantTests {
  static let families = ["bert", "roberta", "albert", "gpt2", "llama"]
  static let prefixes = [
    "bert": "bert.", "roberta": "roberta.", "albert": "albert.", "gpt2": "transformer.", "llama": "model.",
  ]

  typealias Tensors = [(name: String, tensor: Tensor)]

  private func tensors(_ family: String) throws -> Tensors {
    let file = try SafetensorsFile(path: SharedData.fixture("families/\(family)/model.safetensors"))
    return try file.entries.map { ($0.name, try file.tensor($0.name)) }
  }

  private func folder(_ family: String, _ tensors: Tensors) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write("config.json", Files.read(SharedData.fixture("families/\(family)/config.json")))
    try SafetensorsWriter.write(tensors, to: folder.path + "/model.safetensors")
    return folder
  }

  private func fixture(_ family: String, _ head: String) throws -> HeadFixture {
    try HeadFixture(HeadCase(family: family, head: head, folder: SharedData.fixture("families/\(family)")))
  }

  /// Largest difference from transformers' logits.
  private func difference(_ fixture: HeadFixture, _ folder: TemporaryFolder) throws -> Double {
    let model = try fixture.model(from: folder.path)
    let logits = model.logits(fixture.batch(fixture.all), on: Tape(isTraining: false)).value.values
    return largestDifference(logits, try fixture.reference("logits"))
  }

  /// As torch saves them: one file, and shards that share storages.
  @Test(arguments: ["bert", "llama", "bert-sharded"]) func pickled(_ name: String) throws {
    let folder = try TemporaryFolder()
    let source = SharedData.fixture("pickles/\(name)")
    for file in try Files.entries(source) { try folder.write(file, Files.read(source + "/" + file)) }
    let family = name == "llama" ? "llama" : "bert"
    #expect(try difference(fixture(family, "classification"), folder) < 1e-4)
    // The very same numbers as from safetensors, trained or frozen.
    for isTrainable in [true, false] {
      let models = try [folder.path, SharedData.fixture("families/\(family)")].map { path in
        try ModelRegistry.load(
          CheckpointFolder(path: path), head: .classification(labels: 3), dropout: 0, seed: 1,
          isTrainable: { _ in isTrainable }
        ).model
      }
      for (left, right) in zip(models[0].parameters, models[1].parameters) {
        #expect(left.value.values == right.value.values, "\(left.name)")
      }
    }
  }

  /// As `DataParallel` and `torch.compile` call them, in either order, and a compiled part of a model.
  @Test(arguments: families, ["module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module."])
  func inTheNamesOfWrappers(_ family: String, _ wrapper: String) throws {
    let prefix = try #require(FolderVariantTests.prefixes[family])
    let folder = try folder(family, tensors(family).map { (wrapper + prefix + $0.name, $0.tensor) })
    #expect(try difference(fixture(family, "classification"), folder) < 1e-4)
    let inner = try self.folder(family, tensors(family).map { (prefix + "_orig_mod." + $0.name, $0.tensor) })
    #expect(try difference(fixture(family, "classification"), inner) < 1e-4)
  }

  @Test func wrappedAndNot() throws {
    let tensors = try tensors("bert")
    let folder = try folder("bert", tensors + [("module." + tensors[0].name, tensors[0].tensor)])
    #expect { try difference(fixture("bert", "classification"), folder) } throws: { error in
      (error as? CheckpointError)?.message.contains("is stored under two names") == true
    }
  }

  @Test(arguments: families) func withTheBasesPrefix(_ family: String) throws {
    let prefix = try #require(FolderVariantTests.prefixes[family])
    let folder = try folder(family, tensors(family).map { (prefix + $0.name, $0.tensor) })
    #expect(try difference(fixture(family, "classification"), folder) < 1e-4)
  }

  /// As TensorFlow called the weights of norms.
  @Test(arguments: families) func underOldNames(_ family: String) throws {
    var renamed = 0
    let tensors = try tensors(family).map { name, tensor -> (name: String, tensor: Tensor) in
      guard name.contains("LayerNorm.") || name.contains("layernorm.") || name.contains(".ln_") else {
        return (name, tensor)
      }
      renamed += 1
      if name.hasSuffix(".weight") { return (name.dropLast(6) + "gamma", tensor) }
      return (name.dropLast(4) + "beta", tensor)
    }
    #expect(renamed > 1)
    #expect(try difference(fixture(family, "classification"), folder(family, tensors)) < 1e-4)
  }

  /// Buffers that older versions stored, of any type, carry nothing; heads that the task does not use are listed.
  @Test(arguments: families) func withWhatOlderVersionsStored(_ family: String) throws {
    let buffers =
      switch family {
      case "gpt2": ["h.0.attn.bias", "h.0.attn.masked_bias", "h.1.attn.bias"]
      case "llama": ["layers.0.self_attn.rotary_emb.inv_freq"]
      default: ["embeddings.position_ids"]
      }
    let unused = try #require(
      [
        "bert": "cls.predictions.bias", "roberta": "lm_head.dense.weight", "albert": "predictions.bias",
        "gpt2": "qa_outputs.weight", "llama": "qa_outputs.bias",
      ][family])
    let more = (buffers + [unused]).map { ($0, Tensor([1, 2, 3], shape: [3])) }
    let folder = try folder(family, tensors(family) + more)
    #expect(try difference(fixture(family, "classification"), folder) < 1e-4)
    let (_, report) = try ModelRegistry.load(
      CheckpointFolder(path: folder.path), head: .classification(labels: 3), dropout: 0, seed: 1)
    #expect(report.unused.contains(unused) && !report.unused.contains(where: buffers.contains))
  }

  /// A tied head may be stored under either name or both.
  @Test(arguments: [("gpt2", "wte.weight"), ("llama-tied", "embed_tokens.weight")], [true, false])
  func tiedWeights(_ family: (name: String, embedding: String), keepsEmbedding: Bool) throws {
    let stored = try tensors(family.name)
    let head = try #require(stored.first { $0.name == family.embedding }).tensor
    let others = stored.filter { keepsEmbedding || $0.name != family.embedding }
    let folder = try folder(family.name, others + [("lm_head.weight", head)])
    #expect(try difference(fixture(family.name, "language_model"), folder) < 1e-4)
  }

  /// Two different tensors are not tied, whatever the config says; a task that does not read the head takes no notice.
  @Test func tiedWeightsThatDiffer() throws {
    let stored = try tensors("gpt2")
    let head = try #require(stored.first { $0.name == "wte.weight" }).tensor.copy()
    head.pointer[7] += 1
    let folder = try folder("gpt2", stored + [("lm_head.weight", head)])
    let checkpoint = try CheckpointFolder(path: folder.path)
    #expect { try ModelRegistry.load(checkpoint, head: .languageModel, dropout: 0, seed: 1) } throws: {
      ($0 as? CheckpointError)?.message.contains("tie_word_embeddings") == true
    }
    #expect(try difference(fixture("gpt2", "classification"), folder) < 1e-4)
  }

  /// The tensors that transformers writes for a masked language model, by their names there, with those of `also`.
  private func maskedLanguageModel(_ fixture: HeadFixture, also: [(String, String)] = []) throws -> Tensors {
    let family = fixture.name.family
    let prefix = try #require(FolderVariantTests.prefixes[family])
    let base = Dictionary(uniqueKeysWithValues: try tensors(family).map { (prefix + $0.name, $0.tensor) })
    let names = try #require(fixture.json["saved"]?.array).compactMap(\.string)
    func tensor(_ name: String) throws -> Tensor {
      try base[name] ?? fixture.tensors.tensor("masked_language_model/weight/" + name)
    }
    return try names.map { ($0, try tensor($0)) } + also.map { ($0.0, try tensor($0.1)) }
  }

  static let encoders = [
    ("bert", "cls.predictions."), ("roberta", "lm_head."), ("albert", "predictions."),
  ]

  /// A masked language model's folder, as encoders are published: its own head, and the base of other tasks.
  @Test(arguments: encoders, [false, true])
  func masked(_ family: (name: String, head: String), holdsDecoder: Bool) throws {
    let fixture = try fixture(family.name, "masked_language_model")
    let prefix = try #require(FolderVariantTests.prefixes[family.name])
    let decoder = [
      (family.head + "decoder.weight", prefix + "embeddings.word_embeddings.weight"),
      (family.head + "decoder.bias", family.head + "bias"),
    ]
    let stored = try maskedLanguageModel(fixture, also: holdsDecoder ? decoder : [])
    let folder = try folder(family.name, stored)
    let checkpoint = try CheckpointFolder(path: folder.path)
    let (model, report) = try ModelRegistry.load(checkpoint, head: .maskedLanguageModel, dropout: 0, seed: 1)
    #expect(report == WeightReport())
    let logits = model.logits(fixture.batch(fixture.all), on: Tape(isTraining: false)).value.values
    #expect(try largestDifference(logits, fixture.reference("logits")) < 1e-4)

    let (_, other) = try ModelRegistry.load(checkpoint, head: .classification(labels: 2), dropout: 0, seed: 1)
    #expect(other.unused.sorted() == stored.map(\.name).filter { $0.hasPrefix(family.head) }.sorted())
    #expect(!other.unused.isEmpty && other.created.count == 4)
  }

  /// A head that is there in part is not made up.
  @Test(arguments: encoders)
  func maskedWithoutItsNorm(_ family: (name: String, head: String)) throws {
    let stored = try maskedLanguageModel(fixture(family.name, "masked_language_model"))
    let norm = try #require(
      stored.first { $0.name.hasPrefix(family.head) && $0.name.lowercased().contains("norm.weight") }
    ).name
    let folder = try folder(family.name, stored.filter { $0.name != norm })
    let checkpoint = try CheckpointFolder(path: folder.path)
    #expect(throws: CheckpointError.weights(path: folder.path, missing: [norm], unexpected: [])) {
      try ModelRegistry.load(checkpoint, head: .maskedLanguageModel, dropout: 0, seed: 1)
    }
  }

  /// An untied head that is missing is created like any head, and said.
  @Test func untiedHeadThatIsMissing() throws {
    let folder = try folder("gpt2-untied", tensors("gpt2-untied"))
    let (_, report) = try ModelRegistry.load(
      CheckpointFolder(path: folder.path), head: .languageModel, dropout: 0, seed: 1)
    #expect(report.created == ["lm_head.weight"])
  }

  @Test(arguments: families) func aMissingWeightIsNamed(_ family: String) throws {
    let stored = try tensors(family)
    let gone = try #require(stored.first { $0.name.contains(".0.") && $0.name.hasSuffix("weight") }).name
    let folder = try folder(family, stored.filter { $0.name != gone } + [("surprise", Tensor(zeros: [1]))])
    let checkpoint = try CheckpointFolder(path: folder.path)
    let prefix = try #require(FolderVariantTests.prefixes[family])
    #expect(throws: CheckpointError.weights(path: folder.path, missing: [prefix + gone], unexpected: ["surprise"])) {
      try ModelRegistry.load(checkpoint, head: .classification(labels: 2), dropout: 0, seed: 1)
    }
  }

  /// 16-bit floats in shards, as transformers saved them.
  @Test(arguments: ["bert-f16", "llama-bf16"]) func halfPrecisionInShards(_ name: String) throws {
    let path = SharedData.fixture("half-precision/\(name)")
    let expected = try JSON.parse(Files.read(path + "/expected.json"))
    let folder = try CheckpointFolder(path: path)
    #expect(folder.weightFiles.count > 2 && !folder.entries.contains { $0.type == .f32 })
    let (model, report) = try ModelRegistry.load(
      folder, head: name == "bert-f16" ? .classification(labels: 2) : .languageModel, dropout: 0, seed: 1)
    #expect(report == WeightReport())
    let sequences = try #require(expected["sequences"]?.array).map {
      ($0.array ?? []).compactMap { $0.integer.map { Int32($0) } }
    }
    let logits = try #require(expected["logits"]?.array).flatMap {
      ($0.array ?? []).compactMap { $0.double.map { Float($0) } }
    }
    let ours = model.logits(PackedBatch(sequences), on: Tape(isTraining: false)).value.values
    #expect(largestDifference(ours, logits) < 1e-4)
  }
}
