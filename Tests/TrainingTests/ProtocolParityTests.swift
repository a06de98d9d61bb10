import Foundation
import Models
import Results
import Support
import Tasks
import Testing
import TestSupport
import Training

/// Losses of training steps of every protocol, and the scores of the trained model, against transformers on the samples.
@Suite(.serialized) struct ProtocolParityTests {
  private static let runs =
    (try? JSON.parse(Files.read(SharedData.fixture("protocols.json"))))?["runs"]?.array ?? []

  @Test func everyProtocolIsThere() {
    #expect(Self.runs.count == 8)
    #expect(Set(Self.runs.compactMap { $0["kind"]?.string }) == ["stsb", "arc", "squad", "likelihood", "generation"])
  }

  @Test(arguments: runs.indices) func lossesAndScores(_ number: Int) throws {
    let run = Self.runs[number]
    let task = try #require(run["task"]?.string)
    let folder = SharedData.packageRoot + "/tasks/" + (try #require(run["sample"]?.string))
    var fixture = try RunFixture(
      model: try #require(run["model"]?.string), task: task,
      [("data", folder), ("optimizer", "adamw"), ("save", "last"), ("threads", "2")])
    for member in try #require(run["settings"]?.object).members {
      switch member.value {
      case .number(let text): try fixture.set(member.key.description, text)
      case .bool(let flag): try fixture.set(member.key.description, "\(flag)")
      default: try fixture.set(member.key.description, member.value.string ?? "")
      }
    }
    let output = try TemporaryFolder()
    let (result, log) = try fixture.execute(in: output)
    let ours = log.compactMap { $0["loss"]?.double }
    let theirs = try #require(run["losses"]?.array).compactMap(\.double)
    #expect(ours.count == theirs.count)
    // The sample may have changed since: then Tools/make_protocol_fixtures.py has to be run again.
    for (step, (loss, reference)) in zip(ours, theirs).enumerated() {
      #expect(abs(loss - reference) < 1e-4, "\(run["kind"]?.string ?? "") step \(step + 1)")
    }
    for member in try #require(run["metrics"]?.object).members {
      let found = try #require(result.history.last?.metrics.first { $0.name == member.key.description })
      #expect(abs(found.value - (member.value.double ?? .nan)) < 1e-4, "\(found.name)")
    }
    #expect(result.splits.first { $0.name == "train" }?.truncated == run["truncated"]?.integer)
    try checkPredictions(output.path + "/run/predictions-dev.tsv", run)
  }

  private func checkPredictions(_ path: String, _ run: JSON) throws {
    let rows = try TextLines(Files.read(path)).map { String(decoding: $0.bytes, as: UTF8.self) }.dropFirst()
      .filter { !$0.isEmpty }.map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    let expected = try #require(run["predictions"]?.array)
    guard !expected.isEmpty else { return }
    #expect(rows.count == expected.count)
    for (row, reference) in zip(rows, expected) {
      // ARC and SQuAD have ids.
      #expect(row.count == (run["task"]?.string == "stsb" ? 4 : 5))
      if let number = reference.double {
        #expect(abs((Double(row[1]) ?? .nan) - number) < 1e-3)
      } else {
        #expect(row[1] == reference.string.map { PredictionsFile.field($0) })
      }
    }
    let task = run["task"]?.string
    if task == "stsb" { #expect(rows.allSatisfy { Double($0[2]) != nil }) }
    // Right answers have the same names as predictions: their mean agreement is the accuracy.
    if task == "arc_easy", let accuracy = run["metrics"]?["accuracy"]?.double {
      #expect(abs(Double(rows.count { $0[1] == $0[2] }) / Double(rows.count) - accuracy) < 1e-9)
    }
  }

  private func score(_ model: String, _ values: [(String, String)]) throws -> SavedModelScore {
    var settings = RunSettings(Setting.Commands.evaluate)
    for (key, value) in [("model", SharedData.fixture("models/\(model)")), ("threads", "2")] + values {
      try settings.take([GivenSetting(flag: key, value)])
    }
    return try SavedModelScore.measure(settings, observer: Silence())
  }

  private func samples(_ score: SavedModelScore) throws -> [JSON] {
    let folder = try TemporaryFolder()
    try score.writeSamples(to: folder.path + "/samples.jsonl")
    let lines = try Files.read(folder.path + "/samples.jsonl").split(separator: UInt8(ascii: "\n"))
    return try lines.map { try JSON.parse($0) }
  }

  /// A task of one's own on one JSON file.
  private func ownTask(_ kind: String, test options: String = "", in folder: TemporaryFolder) throws -> String {
    try folder.write(
      "task.yaml",
      """
      name: own
      format: json
      splits: {test: {file: test.json\(options)}}
      label: answer
      \(kind)
      """)
  }

  /// A prompt that leaves no room for an answer loses its beginning. The split has answers of its own to look for.
  @Test func generatedTexts() throws {
    let fixture = try JSON.parse(Files.read(SharedData.fixture("protocols.json")))
    let generations = try #require(fixture["generations"]?.array)
    let folder = try TemporaryFolder()
    try folder.write(
      "test.json", Files.read(SharedData.packageRoot + "/tasks/openbookqa/sample/llm-adapters/test.json"))
    let task = try ownTask(
      """
      kind: text
      text: "{instruction|llm-adapters}"
      extract: ["answer1", "answer2", "answer3", "answer4"]
      metrics: [unparsable]
      primary_metric: unparsable
      """, test: #", extract: ["e", "st", "answer1", "answer2", "answer3", "answer4"]"#, in: folder)
    let score = try score(
      "llama-tiny-lm",
      [("task", task), ("split", "test"), ("data", folder.path), ("eval_limit", "\(generations.count)")])
    let cut = generations.count { ($0["cut"]?.integer ?? 0) > 0 }
    #expect(score.json["truncated"]?.integer == cut && cut > 0)
    let samples = try samples(score)
    try score.writePredictions(to: folder.path + "/predictions.tsv")
    let rows = try TextLines(Files.read(folder.path + "/predictions.tsv")).dropFirst()
      .map { String(decoding: $0.bytes, as: UTF8.self).split(separator: "\t", omittingEmptySubsequences: false) }
    #expect(samples.count == generations.count)
    for (index, (sample, reference)) in zip(samples, generations).enumerated() {
      // The token that ends a text belongs to the reference's output alone.
      let tokens = reference["tokens"]?.array?.compactMap(\.integer).filter { $0 != 2 }
      #expect(sample["tokens"]?.array?.compactMap(\.integer).filter { $0 != 2 } == tokens)
      #expect(sample["extracted"]?.string == reference["extracted"]?.string)
      #expect(rows[index][1] == (reference["extracted"]?.string ?? ""))
    }
  }

  /// Every token that `generation_config.json` names ends a text, beside that of the tokenizer.
  @Test func endTokensOfTheCheckpoint() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "test.json", Files.read(SharedData.packageRoot + "/tasks/openbookqa/sample/llm-adapters/test.json"))
    let task = try ownTask(
      "kind: text\ntext: instruction\nmax_new_tokens: 12\nmetrics: [unparsable]\nprimary_metric: unparsable", in: folder
    )
    func texts(_ model: String) throws -> [[Int]] {
      let values = [("task", task), ("split", "test"), ("data", folder.path), ("eval_limit", "6"), ("model", model)]
      return try samples(score("llama-tiny-lm", values)).map { try #require($0["tokens"]?.array).compactMap(\.integer) }
    }
    let own = SharedData.fixture("models/llama-tiny-lm")
    let plain = try texts(own)
    for file in try Files.entries(own) { try folder.write("model/" + file, Files.read(own + "/" + file)) }
    let end = try #require(plain.first { $0.count > 3 }?[2])
    try folder.write("model/generation_config.json", "{\"eos_token_id\": [\(end)]}")
    let ended = plain.map { tokens in tokens.firstIndex(of: end).map { Array(tokens[...$0]) } ?? tokens }
    #expect(try texts(folder.path + "/model") == ended && ended != plain)
    // A prompt needs some room beside its answer.
    try folder.write("task.yaml", Files.read(task).replacing(Array("tokens: 12".utf8), with: Array("tokens: 121".utf8)))
    let fault = #expect(throws: TrainingError.self) { try texts(own) }
    #expect(fault?.message.contains("leaves 7 of the 128 tokens") == true, "\(fault?.message ?? "")")
  }

  /// `task check` counts what a run cuts.
  @Test func checkedLengths() throws {
    let folder = try TemporaryFolder()
    let bundled = SharedData.packageRoot + "/tasks/arc_easy"
    let path = try folder.write(
      "task.yaml",
      Files.read(bundled + "/task.yaml").replacing(Array("max_length: 256".utf8), with: Array("max_length: 24".utf8)))
    let model = SharedData.fixture("models/llama-tiny-lm")
    let check = try TaskCheck(path, data: bundled + "/sample", format: nil, model: model)
    func lengths(_ split: Split) throws -> TokenLengths {
      try #require(check.splits.first { $0.split == split }?.lengths.first { $0.kind == .likelihood }?.lengths)
    }
    let cut = try #require(try lengths(.train).longer)
    #expect(try lengths(.dev).longer == nil && cut > 0)
    var fixture = try RunFixture(
      model: "llama-tiny-lm", task: "arc_easy", [("protocol", "likelihood"), ("max_steps", "1"), ("save", "none")])
    for (key, value) in [("task", path), ("data", bundled + "/sample")] { try fixture.set(key, value) }
    let observer = Silence()
    _ = try fixture.execute(in: folder, observer: observer)
    #expect(observer.notes.contains { $0.hasPrefix("\(cut) of ") && $0.hasSuffix("train examples cut to 24 tokens") })
  }

  /// The files of a task that is not bundled are packed too, and an archive of nothing is refused.
  @Test func packed() throws {
    let folder = try TemporaryFolder()
    try folder.write("out/OWN.tsv", "index\tprediction\n")
    let (out, archive) = (folder.path + "/out", folder.path + "/a.zip")
    let fault = #expect(throws: FileError.self) { try Submission.pack(out, into: archive) }
    #expect(fault?.message.contains("holds no leaderboard's file") == true && !Files.exists(archive))
    #expect(try Submission.pack(out, into: archive, with: ["OWN.tsv"]) == ["OWN.tsv"] && Files.exists(archive))
  }

  /// Contexts that choices share are written once.
  @Test func contextsInSamples() throws {
    for (task, isShared) in [("winogrande", false), ("arc_easy", true)] {
      let score = try score(
        "llama-tiny-lm",
        [
          ("task", SharedData.packageRoot + "/tasks/\(task)/task.yaml"), ("protocol", "likelihood"),
          ("eval_limit", "3"),
        ])
      for sample in try samples(score) {
        #expect((sample["context"]?.string != nil) == isShared)
        #expect((sample["context"]?.array?.count == 2) == !isShared)
        for choice in try #require(sample["choices"]?.array) {
          // The blank before a choice is no part of it.
          let text = try #require(choice["text"]?.string)
          #expect(!text.hasPrefix(" ") && choice["bytes"]?.integer == text.utf8.count)
        }
      }
    }
  }

  /// A head that scores choices has no log-likelihoods to normalise, so that the metric of those is left out.
  @Test func metricsOfAProtocol() throws {
    let folder = try TemporaryFolder()
    let task = try ownTask(
      """
      kind: multiple-choice
      text: q
      choices: [a, b]
      likelihood: {context: "{q}"}
      metrics: [accuracy_norm, accuracy]
      primary_metric: accuracy_norm
      """, in: folder)
    try folder.write("test.json", #"[{"q": "x", "a": "y", "b": "z", "answer": 1}]"#)
    for (model, kind, expected) in [
      ("bert-tiny-heads", "multiple-choice", ["accuracy"]),
      ("llama-tiny-lm", "likelihood", ["accuracy_norm", "accuracy"]),
    ] {
      let score = try score(model, [("task", task), ("protocol", kind), ("split", "test"), ("data", folder.path)])
      #expect(score.splits.first?.metrics.map(\.name) == expected)
    }
  }

  /// Of an answer that is longer than a sequence, the beginning is kept and one token before it.
  @Test func answersThatFillASequence() throws {
    let fixture = try RunFixture(
      model: "llama-tiny-lm", task: "arc_easy",
      [
        ("data", SharedData.packageRoot + "/tasks/arc_easy/sample"), ("protocol", "likelihood"), ("max_length", "3"),
        ("max_steps", "1"),
      ])
    let folder = try TemporaryFolder()
    let observer = Silence()
    #expect(try fixture.execute(in: folder, observer: observer).result.status == .completed)
    #expect(observer.notes.contains { $0.contains("train examples cut to 3 tokens") }, "\(observer.notes)")
  }

  /// What cannot be kept is lost where it matters least: first the context's beginning, then the answer's end.
  @Test(arguments: [
    (8, 3, 8, [0, 1, 2, 3, 4, 5, 6, 7], 3), (8, 3, 5, [2, 3, 4, 5, 6, 7], 1), (8, 3, 4, [2, 3, 4, 5, 6], 1),
    (8, 1, 2, [0, 1, 2], 1), (4, 0, 2, [0, 1, 2], 0),
  ]) func cuts(_ count: Int, _ start: Int, _ positions: Int, _ tokens: [Int32], _ kept: Int) {
    let text = ScoredText(tokens: (0..<Int32(count)).map { $0 }, start: start)
    #expect(text.cut(to: positions) == ScoredText(tokens: tokens, start: kept))
  }

  @Test func regressionNeedsAHeadOfOneOutput() throws {
    let observer = Silence()
    let fixture = try RunFixture(
      model: "bert-tiny", task: "stsb",
      [
        ("data", SharedData.packageRoot + "/tasks/stsb/sample"), ("max_steps", "1"), ("save", "none"),
        ("max_length", "32"),
      ])
    let folder = try TemporaryFolder()
    _ = try fixture.execute(in: folder, observer: observer)
    #expect(observer.notes.contains { $0.contains("its classifier has 2 outputs; the task asks for one number") })
  }
}
