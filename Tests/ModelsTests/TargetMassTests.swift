import Models
import Support
import Tensors
import TestSupport
import Testing

/// Smoothed targets and weighted classes against PyTorch, also where the window is cut into batches.
@Suite struct TargetMassTests {
  @Test func everyCase() throws {
    let cases = try #require(try JSON.parse(Files.read(SharedData.fixture("run_settings.json")))["losses"]?.array)
    #expect(cases.count == 8)
    for json in cases {
      func numbers(_ key: String) -> [Float] { (json[key]?.array ?? []).compactMap { $0.double.map { Float($0) } } }
      func integers(_ key: String) -> [Int]? { json[key]?.array?.compactMap(\.integer) }
      let mass = TargetMass(
        smoothing: try #require(json["smoothing"]?.double),
        classWeights: json["weights"]?.array == nil ? nil : numbers("weights"))
      let columns = json["columns"]?.integer ?? 1
      let logits = numbers("logits")
      // Each part is a batch of a gradient-accumulation window: rows, and their targets.
      let parts: [(rows: Range<Int>, targets: HeadTargets)]
      if let classes = integers("classes") {
        parts = [0..<3, 3..<classes.count].map { ($0, .classes(Array(classes[$0]))) }
      } else {
        let (offsets, correct) = (try #require(integers("offsets")), try #require(integers("correct")))
        parts = [0..<2, 2..<correct.count].map { groups in
          let first = offsets[groups.lowerBound]
          return (
            first..<offsets[groups.upperBound],
            .choices(
              offsets: offsets[groups.lowerBound...groups.upperBound].map { $0 - first },
              correct: Array(correct[groups]))
          )
        }
      }
      func batch(_ rows: Range<Int>) -> PackedBatch { PackedBatch(rows.map { _ in [5] }) }
      let weight = parts.reduce(0) { $0 + $1.targets.weight(in: batch($1.rows), mass) }
      var (loss, gradient): (Double, [Float]) = (0, [])
      for part in parts {
        let tape = Tape(isTraining: true)
        let values = Array(logits[part.rows.lowerBound * columns..<part.rows.upperBound * columns])
        let input = tape.input(Tensor(values, shape: [part.rows.count, columns]))
        let share = tape.loss(input, part.targets, of: batch(part.rows), mass: mass, weight: weight)
        tape.backward(share)
        loss += Double(share.value.values[0])
        gradient += try #require(tape.gradient(of: input)).values
      }
      #expect(abs(loss - (json["loss"]?.double ?? .nan)) < 1e-6, "\(mass)")
      #expect(gradient.count == logits.count && largestDifference(gradient, numbers("gradient")) < 1e-6, "\(mass)")
    }
  }
}
