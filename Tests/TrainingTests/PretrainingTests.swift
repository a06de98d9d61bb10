import Foundation
import Results
import Support
import TestSupport
import Testing
import Training

@Suite(.serialized) struct PretrainingTests {
  private func settings(_ pairs: [(String, String)]) throws -> RunSettings {
    var settings = RunSettings(.pretrain)
    for (key, value) in [("model", SharedData.fixture("models/llama-tiny-lm")), ("threads", "2")] + pairs {
      try settings.set(key, value, origin: "test")
    }
    return settings
  }

  private func losses(_ folder: String) throws -> [Double] {
    try Files.read(folder + "/train_log.jsonl").split(separator: UInt8(ascii: "\n")).compactMap {
      try JSON.parse($0)["loss"]?.double
    }
  }

  /// Against PyTorch, on padded batches with the padding masked: `Tools/compare_pretraining.py`.
  @Test(arguments: ["adamw", "fira"]) func parity(_ optimizer: String) throws {
    let json = try JSON.parse(Files.read(SharedData.fixture("pretraining.json")))
    let run = try #require(json["runs"]?.array?.first { $0["optimizer"]?.string == optimizer })
    let folder = try TemporaryFolder()
    var settings = try settings([
      ("text", SharedData.fixture("pretraining.txt")), ("optimizer", optimizer), ("no_shuffle", "true"),
      ("save", "none"), ("output", folder.path + "/run"),
    ])
    for member in run["settings"]?.object?.members ?? [] {
      var value = member.value.string ?? ""
      if case .number(let text) = member.value { value = text }
      if LossParityTests.optimizerKeys.contains(member.key.description) {
        try settings.addOptimizerOption("\(member.key)=\(value)", origin: "test")
      } else {
        try settings.set(member.key.description, value, origin: "test")
      }
    }
    _ = try Run.prepare(settings, command: [], observer: Silence()).execute()
    let (ours, theirs) = (try losses(folder.path + "/run"), run["losses"]?.array?.compactMap(\.double) ?? [])
    #expect(ours.count == 20 && theirs.count == 20)
    for (step, pair) in zip(ours, theirs).enumerated() { #expect(abs(pair.0 - pair.1) < 5e-5, "step \(step + 1)") }
  }

  /// What is saved starts a further training with the perplexity it ended with.
  @Test func savedAndTakenUp() throws {
    let folder = try TemporaryFolder()
    let text = SharedData.fixture("pretraining.txt")
    let first = try Run.prepare(
      settings([
        ("text", text), ("random_init", "true"), ("learning_rate", "1e-2"), ("epochs", "2"), ("batch_size", "16"),
        ("held_out", "0.1"), ("output", folder.path + "/a"), ("save", "last"),
      ]), command: [], observer: Silence()
    ).execute()
    let perplexity = try #require(first.devMetrics.first { $0.name == "perplexity" }?.value)
    #expect(first.metrics.map(\.split) == ["dev", "train"])
    #expect(
      perplexity < 200 && (first.metrics.last?.values ?? []).contains { $0.name == "perplexity" && $0.value < 200 })
    var next = try settings([
      ("text", text), ("max_steps", "1"), ("learning_rate", "1e-12"), ("held_out", "0.1"),
      ("output", folder.path + "/b"),
    ])
    next.model = folder.path + "/a/model"
    let second = try Run.prepare(next, command: [], observer: Silence()).execute()
    #expect(abs((second.devMetrics.first?.value ?? 0) - perplexity) < 1e-3)
    let json = try JSON.parse(Files.read(folder.path + "/a/results.json"))
    #expect(json["task"]?["name"]?.string == "pretrain" && json["metrics"]?["train"]?["perplexity"] != nil)
    #expect(json["data"]?["splits"]?["dev"]?["documents"]?.integer == 20)
  }

  /// Blocks hold the same tokens as documents do, whatever the length.
  @Test func packing() throws {
    let folder = try TemporaryFolder()
    let text = try folder.write("t.txt", "a b\n\nc d e\n\nf g\nh i\n\nlast one\n")
    func tokens(_ pairs: [(String, String)]) throws -> (documents: Int?, tokens: Int?) {
      let name = UUID().uuidString
      let result = try Run.prepare(
        settings(
          [
            ("text", text), ("max_steps", "1"), ("held_out", "0.2"), ("save", "none"),
            ("output", folder.path + "/" + name),
          ]
            + pairs), command: [], observer: Silence()
      ).execute()
      let train = try #require(result.splits.first)
      return (train.documents, train.tokens)
    }
    let lines = try tokens([])
    #expect(lines.documents == 4)
    #expect(try tokens([("documents", "blank-line")]).documents == 3)
    #expect(try tokens([("packing", "blocks")]).tokens == lines.tokens)
    // Each further piece repeats one token.
    #expect(try (tokens([("packing", "blocks"), ("max_length", "8")]).tokens ?? 0) > (lines.tokens ?? 0))
  }

  @Test(arguments: [("", "0 documents"), ("one\n", "1 documents"), ("a b\nc\u{1}\n\u{FFFF}", "")]) func texts(
    _ text: String, expected: String
  ) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("t.txt", text)
    let settings = try settings([("text", path), ("max_steps", "1"), ("output", folder.path + "/o")])
    guard !expected.isEmpty else {
      #expect(throws: Never.self) { try Run.prepare(settings, command: [], observer: Silence()) }
      return
    }
    #expect { try Run.prepare(settings, command: [], observer: Silence()) } throws: { error in
      (error as? any UserError)?.message.contains(expected) == true
    }
  }

  @Test func invalidText() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("t.txt", Array("fine\n".utf8) + [0xFF, 0xFE] + Array("\nx".utf8))
    let settings = try settings([("text", path), ("output", folder.path + "/o")])
    #expect { try Run.prepare(settings, command: [], observer: Silence()) } throws: { error in
      (error as? TrainingError)?.message.contains("t.txt:2: is not valid UTF-8") == true
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/o"))
  }
}
