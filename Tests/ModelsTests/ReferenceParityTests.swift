import Checkpoints
import Models
import Support
import Tensors
import TestSupport
import Testing

/// Logits, loss and gradients against transformers, from the checkpoints under Tests/Fixtures/models.
@Suite(.serialized) struct ReferenceParityTests {
  struct Expected {
    let json: JSON
    let tensors: SafetensorsFile
    let batch: PackedBatch
    let labels: [Int]

    init(_ name: String) throws {
      let folder = SharedData.fixture("models/\(name)")
      let json = try JSON.parse(Files.read(folder + "/expected.json"))
      self.json = json
      tensors = try SafetensorsFile(path: folder + "/expected.safetensors")
      func rows(_ key: String) -> [[Int32]]? {
        json[key]?.array?.map { ($0.array ?? []).compactMap { $0.integer.map(Int32.init) } }
      }
      let sequences = try #require(rows("sequences"))
      let types = rows("token_types")
      var packed = PackedBatch()
      for (index, sequence) in sequences.enumerated() { packed.append(sequence, typeIDs: types?[index]) }
      batch = packed
      if let given = json["labels"]?.array {
        labels = given.compactMap(\.integer)
      } else {
        // Token t predicts token t + 1; the last of a sequence predicts nothing.
        labels = sequences.flatMap { $0.dropFirst().map(Int.init) + [-100] }
      }
    }
  }

  @Test(arguments: ["bert-tiny", "llama-tiny", "llama-tiny-lm"], [1, 2])
  func logitsAndGradients(_ name: String, threads: Int) throws {
    ThreadPool.shared.configure(threads: threads)
    let expected = try Expected(name)
    let folder = try CheckpointFolder(path: SharedData.fixture("models/\(name)"))
    let isLanguageModel = expected.json["task"]?.string == "language_model"
    let classes = expected.tensors.entry("logits")?.shape.last ?? 0
    let (model, report) = try ModelRegistry.load(
      folder, head: isLanguageModel ? .languageModel : .classification(labels: classes), dropout: 0, seed: 1)
    #expect(report == WeightReport())

    let tape = Tape(isTraining: true)
    let logits = model.logits(expected.batch, on: tape)
    #expect(try largestDifference(logits.value.values, expected.tensors.tensor("logits").values) < 1e-4)
    let count = expected.labels.count { $0 >= 0 }
    let loss = tape.crossEntropy(logits, labels: expected.labels, count: Double(count))
    let reference = try #require(expected.json["loss"]?.double)
    #expect(abs(Double(loss.value.values[0]) - reference) < 1e-5)

    var announced: [String] = []
    tape.backward(loss) { announced.append($0.name) }
    #expect(announced.sorted() == model.parameters.map(\.name).sorted())
    let norm = try #require(expected.json["gradient_norm"]?.double)
    for parameter in model.parameters {
      let gradient = try #require(parameter.gradient).values
      let (difference, own) = distance(gradient, try expected.tensors.tensor("grad/" + parameter.name).values)
      #expect(difference <= 1e-3 * own + 1e-6 * norm, "\(parameter.name): \(difference) of \(own)")
    }
  }

  /// Accumulated gradients of two halves equal those of the whole, and clearing leaves nothing behind.
  @Test(arguments: ["bert-tiny", "llama-tiny"])
  func accumulation(_ name: String) throws {
    let expected = try Expected(name)
    let folder = try CheckpointFolder(path: SharedData.fixture("models/\(name)"))
    let classes = expected.tensors.entry("logits")?.shape.last ?? 0
    let (model, _) = try ModelRegistry.load(folder, head: .classification(labels: classes), dropout: 0, seed: 1)
    let batch = expected.batch
    for _ in 0..<2 {
      for sequence in 0..<batch.sequenceCount {
        var part = PackedBatch()
        let range = batch.offsets[sequence]..<batch.offsets[sequence + 1]
        part.append(Array(batch.tokenIDs[range]), typeIDs: Array(batch.typeIDs[range]))
        let tape = Tape(isTraining: true)
        let loss = tape.crossEntropy(
          model.logits(part, on: tape), labels: [expected.labels[sequence]], count: Double(batch.sequenceCount))
        tape.backward(loss)
      }
      for parameter in model.parameters {
        let reference = try expected.tensors.tensor("grad/" + parameter.name).values
        let (difference, own) = distance(try #require(parameter.gradient).values, reference)
        let norm = try #require(expected.json["gradient_norm"]?.double)
        #expect(difference <= 1e-3 * own + 1e-6 * norm, "\(parameter.name)")
        parameter.clearGradient()
      }
    }
  }
}
