import Support

/// A question of ARC or OpenBookQA: a stem, three to five labelled choices, and the label of the right one.
struct ChoiceQuestion {
  let identifier: String
  let stem: String
  let choices: [String]
  let right: Int
  /// Whether the choices are labelled with digits in place of letters.
  var numeric = false

  var labels: [String] { choices.indices.map { numeric ? String($0 + 1) : String(Array("ABCDE")[$0]) } }

  var json: JSON {
    let listed = zip(choices, labels).map { JSON.members(["text": .text($0), "label": .text($1)]) }
    return .members([
      "id": .text(identifier), "question": .members(["stem": .text(stem), "choices": .array(listed)]),
      "answerKey": .text(labels[right]),
    ])
  }

  var instruction: Instruction {
    Instruction("Please choose the correct answer to the question: \(stem)", "answer", choices, right: right)
  }
}
