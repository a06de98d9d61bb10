import Models
import Support
import Tensors
import TestSupport
import Testing

/// Targets that are left out count nowhere: loss and gradients against PyTorch's `ignore_index`.
@Suite struct LeftOutTargetsTests {
  static func cases() throws -> [(offsets: [Int], json: JSON)] {
    let file = try JSON.parse(Files.read(SharedData.fixture("left_out_targets.json")))
    let offsets = try #require(file["offsets"]?.array).compactMap(\.integer)
    return try #require(file["cases"]?.array).map { (offsets, $0) }
  }

  @Test func everyCase() throws {
    let cases = try LeftOutTargetsTests.cases()
    #expect(cases.count == 6)
    for (offsets, json) in cases {
      func numbers(_ key: String) throws -> [Float] {
        try #require(json[key]?.array).compactMap { $0.double.map { Float($0) } }
      }
      func labels(_ key: String) throws -> [Int] { try #require(json[key]?.array).compactMap(\.integer) }
      let head = try #require(json["head"]?.string)
      var batch = PackedBatch()
      for (start, end) in zip(offsets, offsets.dropFirst()) { batch.append(Array(repeating: 5, count: end - start)) }
      let targets: HeadTargets
      switch head {
      case "spans": targets = .spans(first: try labels("first"), last: try labels("last"))
      case "choices": targets = .choices(offsets: offsets, correct: try labels("correct"))
      default: targets = .classes(try labels("classes"))
      }
      let columns = try #require(json["columns"]?.integer)
      let tape = Tape(isTraining: true)
      let logits = tape.input(Tensor(try numbers("logits"), shape: [offsets.last ?? 0, columns]))
      let loss = tape.loss(logits, targets, of: batch, count: targets.count(in: batch))
      tape.backward(loss)
      #expect(abs(Double(loss.value.values[0]) - (json["loss"]?.double ?? .nan)) < 1e-5, "\(head)")
      let gradient = try #require(tape.gradient(of: logits)).values
      let expected = try numbers("gradient")
      #expect(gradient.count == expected.count && largestDifference(gradient, expected) < 1e-6, "\(head)")
    }
  }
}
