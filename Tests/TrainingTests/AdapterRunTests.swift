import Checkpoints
import Foundation
import Models
import Results
import Support
import TestSupport
import Testing
import Training

/// Runs that train adapters or biases: what they leave, and what reads it.
@Suite(.serialized) struct AdapterRunTests {
  private static let models =
    [("bert-tiny", nil), ("gpt2-tiny", "gpt2"), ("llama-tiny", nil), ("albert-tiny", "albert")]
    as [(String, String?)]

  private func fixture(_ model: (String, String?), _ values: [(String, String)], in folder: TemporaryFolder) throws
    -> RunFixture
  {
    var fixture = try RunFixture(
      model: model.0, task: "cola",
      [
        ("method", "lora"), ("max_steps", "8"), ("batch_size", "8"), ("learning_rate", "1e-2"), ("max_length", "12"),
        ("threads", "2"), ("save", "last"),
      ] + values)
    if let tokenizer = model.1 { try fixture.lend(tokenizer, to: model.0, in: folder) }
    return fixture
  }

  private func measure(_ model: String) throws -> SavedModelScore {
    var settings = RunSettings(.evaluate)
    try settings.take([GivenSetting(flag: "model", model), GivenSetting(flag: "threads", "2")])
    return try SavedModelScore.measure(settings, observer: Silence())
  }

  /// The saved adapter, and the checkpoint that it is merged into, score as the run did; a run goes on from either.
  @Test(arguments: models) func savedMergedAndGoneOnWith(_ model: (String, String?)) throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture(model, [("method_option", "rank=4 alpha=16 targets=all-linear")], in: folder)
    let (result, _) = try fixture.execute(in: folder)
    let saved = folder.path + "/run/model"
    #expect(!Files.exists(saved + "/model.safetensors"))
    let trained = try SafetensorsFile(path: saved + "/adapter_model.safetensors").entries
      .reduce(0) { $0 + $1.shape.reduce(1, *) }
    #expect(result.model["trained_parameters"]?.integer == trained)
    #expect(result.bytes("gradients_bytes") == 4 * trained && result.bytes("optimizer_state_bytes") == 8 * trained)
    #expect(result.bytes("optimizer_state_bytes") == result.bytes("planned_optimizer_state_bytes"))
    #expect(result.outputs.contains { $0.name == "model/adapter_model.safetensors" })

    let score = try #require(result.metrics.first?.values.first?.value)
    #expect(try measure(saved).splits.first?.metrics.first?.value == score)
    try AdapterMerge.merge(saved, base: nil, to: folder.path + "/merged")
    // Sums are rounded otherwise where the adapter is a part of the weights, which no decision here depends on.
    #expect(try measure(folder.path + "/merged").splits.first?.metrics.first?.value == score)
    #expect(throws: FileError.self) { try AdapterMerge.merge(saved, base: nil, to: folder.path + "/merged") }

    var more = fixture
    more.settings.methodOptions = MethodOptions()
    try more.set("model", saved)
    let (_, log) = try more.execute(in: folder, name: "more")
    let (_, first) = try fixture.execute(in: folder, name: "fresh")
    #expect(log.first?["loss"] != first.first?["loss"])
    #expect((try AdapterFolder(path: folder.path + "/more/model").adapter as? LoRA)?.rank == 4)
    #expect(try measure(folder.path + "/more/model").splits.count == 1)
    var fresh = fixture
    try fresh.set("random_init", "true")
    #expect(throws: TrainingError.self) { try fresh.execute(in: folder, name: "refused") }
    for (key, value) in [("method", "full"), ("method_option", "rank=2"), ("random_init", "true")] {
      var other = more
      try other.set(key, value)
      #expect(throws: TrainingError.self) { try other.execute(in: folder, name: "refused") }
    }
  }

  /// The folder of a run that is replaced must hold neither the adapter nor the weights beside it, and a run goes on only
  /// beside the adapter that it began with.
  @Test func whatARunReads() throws {
    let folder = try TemporaryFolder()
    var whole = try fixture(("bert-tiny", nil), [("method", "bitfit")], in: folder)
    _ = try whole.execute(in: folder, name: "whole")
    try whole.set("method", "lora")
    try whole.set("model", folder.path + "/whole/model")
    _ = try whole.execute(in: folder, name: "adapter")
    try whole.set("model", folder.path + "/adapter/model")
    for name in ["whole", "adapter"] {
      var replacing = whole
      try replacing.set("overwrite", "true")
      let error = #expect(throws: TrainingError.self) { try replacing.execute(in: folder, name: name) }
      #expect(error?.message.contains("--overwrite") ?? false)
    }
    let (result, _) = try whole.execute(in: folder, name: "more")
    #expect(result.model["files"]?["adapter_config.json"]?.string?.count == 64)
    #expect(result.model["sha256"]?.array?.count == 2)
  }

  /// The base may have moved, and need not be named by the adapter.
  @Test func anotherBase() throws {
    let folder = try TemporaryFolder()
    _ = try fixture(("bert-tiny", nil), [], in: folder).execute(in: folder)
    let saved = folder.path + "/run/model"
    let config = saved + "/adapter_config.json"
    let text = String(decoding: try Files.read(config), as: UTF8.self)
    let base = SharedData.fixture("models/bert-tiny")
    try folder.write("run/model/adapter_config.json", text.replacingOccurrences(of: Files.resolved(base), with: "gone"))
    let error = #expect(throws: CheckpointError.self) { try measure(saved) }
    #expect(error?.message.contains("--base") ?? false)
    var settings = RunSettings(.evaluate)
    try settings.take([GivenSetting(flag: "model", saved), GivenSetting(flag: "base", base)])
    #expect(try SavedModelScore.measure(settings, observer: Silence()).splits.count == 1)
    #expect(throws: TrainingError.self) {
      try AdapterMerge.merge(base, base: nil, to: folder.path + "/merged")
    }
    try settings.take([GivenSetting(flag: "model", base)])
    #expect(throws: TrainingError.self) { try SavedModelScore.measure(settings, observer: Silence()) }
  }

  static let methods: [(method: String, options: String)] = [
    ("lora", "rank=2 dora=true targets=all-linear dropout=0.1"), ("lora", "rank=2 init=pissa"),
    ("ia3", "targets=all-linear"),
    ("prefix", "length=3"), ("prefix", "length=2 init=zero"), ("prompt", "length=3 init=vocabulary"),
    ("series", "bottleneck=4 dropout=0.1 targets=all-linear"), ("parallel", "bottleneck=4 scale=4 activation=gelu"),
    ("relora", "rank=2 interval=3 restart-warmup=1"), ("lisa", "interval=2 layers=1"), ("badam", "interval=2"),
  ]

  /// What a run of each method saves scores as the run did, is as large as planned, and does not depend on options that
  /// save memory.
  @Test(arguments: methods, models) func everyMethod(
    _ given: (method: String, options: String), _ model: (String, String?)
  ) throws {
    let folder = try TemporaryFolder()
    let values = [("method", given.method), ("method_option", given.options)]
    let (result, _) = try fixture(model, values, in: folder).execute(in: folder)
    let saved = folder.path + "/run/model"
    let method = try #require(Method(rawValue: given.method))
    #expect(Files.exists(saved + "/adapter_model.safetensors") == method.isAdapter)
    #expect(Files.exists(saved + "/model.safetensors") != method.isAdapter)
    #expect(result.bytes("optimizer_state_bytes") == result.bytes("planned_optimizer_state_bytes"))
    let score = try #require(result.metrics.first?.values.first?.value)
    #expect(try measure(saved).splits.first?.metrics.first?.value == score)
    let file = "/model/" + (method.isAdapter ? "adapter_model.safetensors" : "model.safetensors")
    for (index, more) in [("recompute", "attention"), ("recompute", "layer"), ("update_in_backward", "true")]
      .enumerated()
    {
      _ = try fixture(model, values + [more], in: folder).execute(in: folder, name: "\(index)")
      #expect(try Files.read(folder.path + "/\(index)" + file) == Files.read(folder.path + "/run" + file), "\(more)")
    }
    guard method.isAdapter else { return }
    var more = try fixture(model, [("method", given.method)], in: folder)
    try more.set("model", saved)
    let (_, log) = try more.execute(in: folder, name: "more")
    #expect(log.count >= 8 && Files.exists(folder.path + "/more/model/adapter_config.json"))
    if ["lora", "ia3"].contains(given.method) {
      try AdapterMerge.merge(saved, base: nil, to: folder.path + "/merged")
      #expect(try measure(folder.path + "/merged").splits.first?.metrics.first?.value == score)
    } else {
      #expect(throws: CheckpointError.self) { try AdapterMerge.merge(saved, base: nil, to: folder.path + "/merged") }
      #expect(!Files.exists(folder.path + "/merged"))
    }
  }

  /// Options that save memory change no bit of an adapter.
  @Test(arguments: models) func savingMemory(_ model: (String, String?)) throws {
    let folder = try TemporaryFolder()
    let plain = [("dropout", "0.2"), ("method_option", "dropout=0.1")]
    let options = [
      [], [("recompute", "attention")], [("recompute", "layer")], [("update_in_backward", "true")],
      [("weights", "bf16")],
    ]
    let adapters = try options.enumerated().map { index, options in
      _ = try fixture(model, plain + options, in: folder).execute(in: folder, name: "\(index)")
      return try Files.read(folder.path + "/\(index)/model/adapter_model.safetensors")
    }
    for (options, adapter) in zip(options, adapters).dropFirst() where options.first?.0 != "weights" {
      #expect(adapter == adapters[0], "\(options)")
    }
  }

  /// B learns faster than A by the ratio, from the first step on, where A has no gradient yet.
  @Test func rateOfB() throws {
    let folder = try TemporaryFolder()
    func tensors(_ ratio: String) throws -> SafetensorsFile {
      let fixture = try fixture(
        ("bert-tiny", nil),
        [
          ("method_option", "lr-ratio=\(ratio)"), ("max_steps", "1"), ("weight_decay", "0"), ("warmup_ratio", "0"),
          ("schedule", "constant"),
        ], in: folder)
      _ = try fixture.execute(in: folder, name: ratio)
      return try SafetensorsFile(path: folder.path + "/\(ratio)/model/adapter_model.safetensors")
    }
    let (one, four) = (try tensors("1"), try tensors("4"))
    for entry in one.entries {
      let (before, after) = (try one.tensor(entry.name).values, try four.tensor(entry.name).values)
      if entry.name.hasSuffix("lora_B.weight") {
        #expect(zip(before, after).allSatisfy { abs($0 * 4 - $1) <= 1e-5 * abs($1) } && before.contains { $0 != 0 })
      } else {
        #expect(before == after)
      }
    }
  }

  @Test func biases() throws {
    let folder = try TemporaryFolder()
    let (result, _) = try fixture(("bert-tiny", nil), [("method", "bitfit")], in: folder).execute(in: folder)
    let (before, after) = (
      try SafetensorsFile(path: SharedData.fixture("models/bert-tiny") + "/model.safetensors"),
      try SafetensorsFile(path: folder.path + "/run/model/model.safetensors")
    )
    var trained = 0
    for entry in after.entries {
      let isTrained = ["bias", "classifier.weight", "pooler.dense.weight"].contains { entry.name.hasSuffix($0) }
      let value = try after.tensor(entry.name)
      if isTrained { trained += value.count }
      guard before.entry(entry.name) != nil, !isTrained else { continue }
      #expect(try before.tensor(entry.name).values == value.values, "\(entry.name)")
    }
    #expect(result.model["trained_parameters"]?.integer == trained)
  }

  @Test(arguments: [
    ("lora", "rank=0", "rank"), ("lora", "length=3", "length"), ("lora", "targets=a,,b", "targets"),
    ("full", "rank=8", "full"), ("lora", "rslora=yes", "rslora"), ("lora", "alpha=0", "alpha"),
    ("lora", "targets=nowhere", "nowhere"), ("lora", "init=olora", "pissa"), ("lora", "rank=500 init=pissa", "500"),
    ("prefix", "length=0", "length"), ("prefix", "length=5000", "5000"), ("prompt", "rank=8", "length"),
    ("relora", "forget=2", "forget"), ("lisa", "layers=0", "layers"), ("badam", "order=up", "ascending"),
  ]) func refusedOptions(_ method: String, _ options: String, _ named: String) throws {
    let folder = try TemporaryFolder()
    let fixture = try fixture(("bert-tiny", nil), [("method", method), ("method_option", options)], in: folder)
    let error = #expect(throws: (any Error).self) { try fixture.execute(in: folder) }
    #expect((error as? any UserError)?.message.contains(named) ?? false, "\(String(describing: error))")
    #expect(!Files.exists(folder.path + "/run"))
  }

  @Test func malformedOptions() {
    for text in ["", "rank", "=8", "rank=", "rank=8 alpha"] { #expect(MethodOptions(text) == nil, "\(text)") }
    #expect(MethodOptions("rank=8 lr_ratio=2 rank=4")?.entries.map(\.value) == ["2", "4"])
  }
}
