import Support
import Tasks

/// An example as a model reads it: the exact texts, and the right answer.
package struct RenderedExample {
  package let line: Int
  /// The texts by what they are, in the order in which a model reads them; a list where there is one for each choice.
  package let parts: [(name: String, value: JSON)]

  init(_ example: Example, _ task: BenchmarkTask, _ kind: ProtocolKind) {
    line = example.line
    var parts: [(name: String, value: JSON)] = example.id.map { [("id", .text($0))] } ?? []
    let first = example.inputs.map { JSON.text($0.first) }
    let second = example.inputs.map { $0.second.map { JSON.text($0) } ?? .null }
    /// A text that is the same for all choices is shown once.
    func one(_ texts: [JSON]) -> JSON { texts.allSatisfy { $0 == texts.first } ? texts.first ?? .null : .array(texts) }
    switch kind {
    case .classification, .regression:
      parts.append(("text", one(first)))
      if example.inputs.contains(where: { $0.second != nil }) { parts.append(("text_pair", one(second))) }
    case .span: parts += [("question", one(first)), ("passage", one(second))]
    case .multipleChoice: parts += [("text", one(first)), ("choices", .array(second))]
    case .likelihood: parts += [("context", one(first)), ("continuations", .array(second))]
    case .generation: parts += [("prompt", one(first)), ("to write", one(second))]
    }
    self.parts = parts + [("gold", RenderedExample.gold(example, task))]
  }

  private static func gold(_ example: Example, _ task: BenchmarkTask) -> JSON {
    switch example.answer {
    case .label(let label)?: .text(task.choiceName(label, of: example))
    case .number(let number)?: .real(number)
    case .spans(let spans)?:
      .array(
        spans.map { .object(JSONObject(["text": .text($0.text), "byte": .integer($0.start)])) })
    case .text(let text)?: .text(text)
    case nil: .null
    }
  }

  var json: JSON {
    .object(JSONObject([.init("line", .integer(line))] + parts.map { .init(ByteString($0.name), $0.value) }))
  }
}
