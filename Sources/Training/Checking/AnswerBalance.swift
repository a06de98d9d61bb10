import Support
import Tasks

/// How often each right answer occurs. A task whose answers are mostly one and the same is easy to score well on.
package struct AnswerBalance: Sendable {
  /// The answers with their numbers: labels in the task's order, others by how often they occur.
  package let counts: [(answer: String, count: Int)]
  /// The smallest, mean and largest number, where answers are numbers.
  package let numbers: (smallest: Double, mean: Double, largest: Double)?
  /// Number of examples without an answer.
  package let unknown: Int

  init(_ examples: [Example], of task: BenchmarkTask) {
    var (counts, numbers): ([String: Int], [Double]) = ([:], [])
    // A label without examples is shown too.
    for label in task.labels { counts[label] = 0 }
    for example in examples {
      switch example.answer {
      case .number(let number)?: numbers.append(number)
      case .spans(let spans)?: counts[spans.isEmpty ? "no answer" : "answer in the passage", default: 0] += 1
      case .label(let label)?: counts[task.choiceName(label, of: example), default: 0] += 1
      case .text(let text)?: counts[String(decoding: text, as: UTF8.self), default: 0] += 1
      case nil: break
      }
    }
    let order = Dictionary(uniqueKeysWithValues: task.labels.enumerated().map { ($1, $0) })
    self.counts = counts.map { (answer: $0.key, count: $0.value) }.sorted { left, right in
      if let first = order[left.answer], let second = order[right.answer] { return first < second }
      return left.count != right.count ? left.count > right.count : left.answer < right.answer
    }
    if let smallest = numbers.min(), let largest = numbers.max() {
      self.numbers = (smallest, numbers.reduce(0, +) / Double(numbers.count), largest)
    } else {
      self.numbers = nil
    }
    unknown = examples.count { $0.answer == nil }
  }

  /// The most answers that JSON lists; a text task may have as many as examples.
  private static let listed = 100

  var json: JSON {
    var object = JSONObject([
      "different": .integer(counts.count),
      "counts": .object(
        JSONObject(counts.prefix(AnswerBalance.listed).map { .init(ByteString($0.answer), .integer($0.count)) })),
      "unknown": .integer(unknown),
    ])
    if let numbers {
      object["numbers"] = .object(
        JSONObject([
          "smallest": .real(numbers.smallest), "mean": .real(numbers.mean), "largest": .real(numbers.largest),
        ]))
    }
    return .object(object)
  }
}

extension BenchmarkTask {
  /// The name of a label, or what stands for a choice of an example in its file.
  func choiceName(_ choice: Int, of example: Example) -> String {
    ChoiceNames(labels: labels).name(choice, of: example)
  }
}
