import Checkpoints
import Foundation
import Results
import Support
import Tensors
import TestSupport
import Testing
import Training

/// Fine-tuning from a checkpoint that has a classifier: of this task, in another order of labels, or of another task.
@Suite(.serialized) struct HeadOfAnotherTaskTests {
  private final class Notes: RunObserver {
    var texts: [String] = []
    func note(_ text: String) { texts.append(text) }
  }

  /// The small BERT, with a classifier whose rows are told apart by their bias.
  private func checkpoint(_ labels: [String]?, outputs: Int, in folder: TemporaryFolder) throws -> String {
    let path = folder.path + "/model"
    try FileManager.default.copyItem(atPath: SharedData.fixture("models/bert-tiny"), toPath: path)
    var config = try #require(try JSON.parse(Files.read(path + "/config.json")).object)
    config["id2label"] = labels.map { labels in
      .object(JSONObject(labels.enumerated().map { .init(ByteString(String($0)), .text($1)) }))
    }
    (config["label2id"], config["num_labels"]) = (nil, nil)
    try Files.writeAtomically(path + "/config.json", JSON.object(config).serialized())
    let file = try SafetensorsFile(path: path + "/model.safetensors")
    var tensors: [(name: String, tensor: Tensor)] = []
    for entry in file.entries where entry.type == .f32 && !entry.name.hasPrefix("classifier") {
      tensors.append((entry.name, try file.tensor(entry.name)))
    }
    let width = try #require(config["hidden_size"]?.integer)
    tensors.append(("classifier.weight", Tensor(zeros: [outputs, width])))
    tensors.append(("classifier.bias", Tensor((0..<outputs).map { Float($0) }, shape: [outputs])))
    try SafetensorsWriter.write(tensors, to: path + "/model.safetensors")
    return path
  }

  private func run(_ model: String, in folder: TemporaryFolder, _ values: [(String, String)] = []) throws
    -> (notes: [String], record: RunRecord)
  {
    var fixture = try RunFixture(
      model: "bert-tiny", task: "cola",
      [("max_steps", "1"), ("batch_size", "4"), ("max_length", "32"), ("learning_rate", "1e-30"), ("threads", "1")])
    for (key, value) in [("model", model), ("output", folder.path + "/run")] + values { try fixture.set(key, value) }
    let notes = Notes()
    let record = try Run.prepare(fixture.settings, command: [], observer: notes).execute()
    return (notes.texts, record)
  }

  /// Every prediction is the label whose bias is larger, whatever the order of the rows.
  @Test(
    arguments: [
      (["unacceptable", "acceptable"], "acceptable"), (["acceptable", "unacceptable"], "unacceptable"),
      (["LABEL_0", "LABEL_1"], "acceptable"), (["Unacceptable", "ACCEPTABLE"], "acceptable"),
      (["ACCEPTABLE", "Unacceptable"], "unacceptable"), (nil, "acceptable"),
    ] as [([String]?, String)]) func labelsAreMatchedByName(_ labels: [String]?, _ predicted: String) throws
  {
    let folder = try TemporaryFolder()
    let model = try checkpoint(labels, outputs: 2, in: folder)
    let (notes, record) = try run(model, in: folder)
    #expect(record.collapsed && !notes.contains { $0.contains("new classifier") })
    let lines = String(decoding: try Files.read(folder.path + "/run/predictions-dev.tsv"), as: UTF8.self)
      .split(separator: "\n").dropFirst()
    #expect(lines.count > 10 && lines.allSatisfy { $0.split(separator: "\t")[1] == predicted })
    // The logits stand in the task's order: unacceptable, then acceptable.
    let first = try #require(lines.first).split(separator: "\t").last?.split(separator: " ").compactMap { Float($0) }
    let (left, right) = (try #require(first?.first), try #require(first?.last))
    #expect((right > left) == (predicted == "acceptable"))
    // And the saved config names the rows as they are.
    let saved = try JSON.parse(Files.read(folder.path + "/run/model/config.json"))["id2label"]
    #expect(saved?["1"]?.string == (labels?.first?.lowercased() == "acceptable" ? "unacceptable" : "acceptable"))
  }

  /// Another task's classifier is replaced, and the user is told why; its transformer is kept.
  @Test(
    arguments: [
      (["contradiction", "entailment", "neutral"], 3), (["NEGATIVE", "POSITIVE"], 2), (nil, 5),
    ] as [([String]?, Int)]) func anotherTasksHeadIsReplaced(_ labels: [String]?, _ outputs: Int) throws
  {
    let folder = try TemporaryFolder()
    let model = try checkpoint(labels, outputs: outputs, in: folder)
    let (notes, _) = try run(model, in: folder)
    let note = try #require(notes.first { $0.contains("new classifier") })
    for label in labels ?? ["\(outputs) outputs"] { #expect(note.contains(label), "\(note)") }
    #expect(notes.contains { $0.contains("created from the seed: classifier.weight, classifier.bias") })
    let file = try SafetensorsFile(path: folder.path + "/run/model/model.safetensors")
    #expect(try file.tensor("classifier.bias").count == 2)
    #expect(try file.tensor("classifier.weight").values.contains { $0 != 0 })
    let source = try SafetensorsFile(path: model + "/model.safetensors")
    let name = try #require(source.entries.first { $0.name.hasSuffix("word_embeddings.weight") }?.name)
    #expect(largestDifference(try file.tensor(name).values, try source.tensor(name).values) < 1e-6)

    // To score such a model on the task would be to score a head that is not trained.
    var evaluation = RunSettings(.evaluate)
    try evaluation.take(
      [
        ("model", model), ("task", SharedData.packageRoot + "/tasks/cola/task.yaml"),
        ("data", SharedData.fixture("data/cola")),
      ].map { GivenSetting(flag: $0.0, $0.1) })
    #expect { try SavedModelScore.measure(evaluation, observer: Silence()) } throws: { error in
      let fault = error as? TrainingError
      return fault?.exitStatus == .badInput && fault?.message.contains("unacceptable, acceptable") == true
    }
  }

  @Test func aNewHeadOnRequest() throws {
    let folder = try TemporaryFolder()
    let model = try checkpoint(["unacceptable", "acceptable"], outputs: 2, in: folder)
    let (notes, _) = try run(model, in: folder, [("new_head", "true")])
    #expect(notes.contains { $0.contains("--new-head") })
    let file = try SafetensorsFile(path: folder.path + "/run/model/model.safetensors")
    #expect(try file.tensor("classifier.weight").values.contains { $0 != 0 })
  }
}
