import Checkpoints
import Models
import Support
import Tensors
import TestSupport
import Testing
import Tokenization

/// The bundled checkpoint against transformers, from Tests/Fixtures/demo.json (Tools/make_demo_fixtures.py).
@Suite(.serialized) struct DemoCheckpointTests {
  let expected: JSON
  let folder = SharedData.packageRoot + "/checkpoints/demo"

  init() throws { expected = try JSON.parse(Files.read(SharedData.fixture("demo.json"))) }

  private var ids: [[Int32]] {
    (expected["ids"]?.array ?? []).map { ($0.array ?? []).compactMap { $0.integer.map(Int32.init) } }
  }

  @Test func tokenIDs() throws {
    let tokenizer = try TokenizerLoader.load(folder: folder)
    let sentences = (expected["sentences"]?.array ?? []).compactMap { $0.string.map { Array($0.utf8) } }
    #expect(sentences.count == 1_000)
    #expect(try tokenizer.encode(batch: sentences.map { TextInput($0) }).map(\.ids) == ids)
  }

  @Test func logits() throws {
    let (model, report) = try ModelRegistry.load(
      CheckpointFolder(path: folder), head: .languageModel, dropout: 0, seed: 1)
    #expect(report == WeightReport())
    #expect(model.parameters.reduce(0) { $0 + $1.value.count } == expected["parameters"]?.integer)
    var batch = PackedBatch()
    for sequence in ids.prefix(2) { batch.append(sequence, typeIDs: nil) }
    let logits = model.logits(batch, on: Tape(isTraining: false)).value.values
    let reference = try SafetensorsFile(path: SharedData.fixture("demo.safetensors")).tensor("logits").values
    #expect(largestDifference(logits, reference) < 1e-4)

    var (total, count) = (0.0, 0)
    for sequence in ids {
      var batch = PackedBatch()
      batch.append(sequence, typeIDs: nil)
      let tape = Tape(isTraining: false)
      let labels = sequence.dropFirst().map(Int.init) + [-100]
      total += Double(tape.crossEntropy(model.logits(batch, on: tape), labels: labels, count: 1).value.values[0])
      count += sequence.count - 1
    }
    #expect(abs(total / Double(count) - (expected["mean_loss"]?.double ?? 0)) < 1e-5)
  }
}
