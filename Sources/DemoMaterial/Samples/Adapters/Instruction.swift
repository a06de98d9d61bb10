import Support

/// One element of a file of LLM-Adapters (Hu et al., EMNLP 2023), which writes a question, its choices and the form of
/// the answer into one instruction.
struct Instruction {
  let text: String
  /// The possible answers, e.g. `true/false`.
  let format: String
  let answer: String
  /// WinoGrande's instructions have a blank before the form of the answer where the others have an empty line.
  var separator = "\n\n"

  static let note = "each file in `llm-adapters/` is one JSON array of instructions, as LLM-Adapters has them"

  /// A question with numbered choices: `NAME1: … NAME2: …` with `gap` between them.
  init(_ start: String, _ name: String, _ choices: [String], right: Int, gap: String = " ", separator: String = "\n\n")
  {
    let names = choices.indices.map { "\(name)\($0 + 1)" }
    let listed = zip(names, choices).map { "\($0.prefix(1).uppercased())\($0.dropFirst()): \($1)" }
    self.init(
      text: "\(start)\n\n\(listed.joined(separator: gap))", format: names.joined(separator: "/"), answer: names[right],
      separator: separator)
  }

  init(text: String, format: String, answer: String, separator: String = "\n\n") {
    (self.text, self.format, self.answer, self.separator) = (text, format, answer, separator)
  }

  var json: JSON {
    .members([
      "instruction": .text("\(text)\(separator)Answer format: \(format)"), "input": .text(""),
      "output": .text("the correct answer is \(answer)"), "answer": .text(answer),
    ])
  }

  /// A file of the first instructions, indented by four blanks and without a newline at the end.
  static func file(_ instructions: [Instruction], atMost limit: Int = 32) -> String {
    PythonJSON(indent: 4).text(.array(instructions.prefix(limit).map(\.json)))
  }
}
