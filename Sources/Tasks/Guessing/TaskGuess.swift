import Support

/// What a data file seems to ask for, and which of its fields are what.
struct TaskGuess {
  var kind: TaskKind
  var id: GuessedField?
  /// A field's name, or a template.
  var text: String
  var pair: String?
  var label: String
  /// The field of the labels; `nil` where no field was found that holds the right answers.
  var labelField: GuessedField?
  /// Names of fields, one for each choice, or one that gives all.
  var choices: [String] = []
  /// What stands for each choice in the field of the right answer; empty for their numbers from 0.
  var choiceLabels: [String] = []
  var choiceLabelPath: String?
  var answerStarts: String?
  var allowsNoAnswer = false
  /// Why the kind was chosen.
  var reason: String
  /// What the user should look at, by key of `task.yaml`.
  var checks: [String: String] = [:]
  /// Fields of text that are not used.
  var unused: [String] = []

  init(_ file: GuessedFile) {
    let fields = file.fields
    let id = fields.first { FieldNames.ids.contains($0.key) && !$0.isPlural && $0.missing == 0 }
    let rest = fields.filter { $0.name != id?.name && $0.filled > 0 }
    self =
      TaskGuess.span(rest, file.rows) ?? TaskGuess.choice(rest, file.rows) ?? TaskGuess.text(rest)
      ?? TaskGuess.label(rest.isEmpty ? fields : rest)
    self.id = id
  }

  private init(_ kind: TaskKind, text: String, label: GuessedField?, reason: String) {
    (self.kind, self.text, self.reason) = (kind, text, reason)
    (self.label, labelField) = (label?.name ?? "label", label)
  }

  // MARK: Kinds

  /// A passage, a question, and answers that stand in the passage.
  private static func span(_ fields: [GuessedField], _ rows: [DataRow]) -> TaskGuess? {
    guard let passage = fields.first(where: { FieldNames.passages.contains($0.key) && !$0.isPlural }),
      let question = fields.first(where: { FieldNames.questions.contains($0.key) && !$0.isPlural })
    else { return nil }
    let answers = fields.filter {
      FieldNames.answers.contains($0.key) && ($0.key != "text" || $0.name.contains("answer"))
        && $0.name != passage.name && $0.name != question.name
    }
    let looked = rows.prefix(1_000)
    let found = answers.first { answer in
      var (all, standing) = (0, 0)
      for row in looked {
        guard let text = passage.values(row).first else { continue }
        for value in answer.values(row) where !value.isEmpty {
          all += 1
          if text.firstRange(of: value) != nil { standing += 1 }
        }
      }
      return all > 0 && standing * 10 >= all * 9
    }
    guard let answer = found else { return nil }
    var guess = TaskGuess(
      .span, text: question.name, label: answer,
      reason: "the answers (\(answer.name)) stand in the passages (\(passage.name))")
    guess.pair = passage.name
    guess.answerStarts = fields.first { FieldNames.starts.contains($0.key) && $0.isPlural == answer.isPlural }?.name
    guess.allowsNoAnswer = looked.contains { !answer.values($0).contains { !$0.isEmpty } }
    return guess
  }

  /// Several choices, in a list or in columns of their own.
  private static func choice(_ fields: [GuessedField], _ rows: [DataRow]) -> TaskGuess? {
    var choices: [GuessedField] = []
    if let list = fields.first(where: { $0.isPlural && isChoices($0) && $0.mostInRow >= 2 }) {
      choices = [list]
    } else {
      let numbered = fields.filter { !$0.isPlural && choiceStem($0.key) != nil }
      let stems = Set(numbered.compactMap { choiceStem($0.key) })
      let groups = stems.map { stem in numbered.filter { choiceStem($0.key) == stem } }.filter { $0.count >= 2 }
      choices = groups.max { $0.count < $1.count } ?? []
    }
    guard !choices.isEmpty else { return nil }
    let others = fields.filter { field in !choices.contains { $0.name == field.name } && !field.isPlural }
    let label = others.last { FieldNames.labels.contains($0.key) } ?? others.last { $0.hasFewValues }
    let texts = others.filter { $0.name != label?.name && !$0.isNumber }
    let question = texts.first { FieldNames.questions.contains($0.key) }
    let passage = texts.first { FieldNames.passages.contains($0.key) }
    guard let main = question ?? passage ?? texts.max(by: { $0.meanLength < $1.meanLength }) else { return nil }
    var guess = TaskGuess(
      .multipleChoice, text: main.name, label: label,
      reason: "each row has several texts to choose from (\(choices.map(\.name).joined(separator: ", ")))")
    if let question, let passage, isPlain(question.name), isPlain(passage.name) {
      guess.text = "{\(passage.name)} {\(question.name)}"
    }
    guess.choices = choices.map(\.name)
    guess.nameChoices(choices, label, fields, rows)
    return guess
  }

  /// Finds out how the right answer names a choice.
  private mutating func nameChoices(
    _ choices: [GuessedField], _ label: GuessedField?, _ fields: [GuessedField], _ rows: [DataRow]
  ) {
    guard let label else {
      checks["label"] = "no field with the right choices was found; name it here"
      return
    }
    let count = choices.count > 1 ? choices.count : choices[0].mostInRow
    let values = Set(label.counts.keys.map { String(decoding: $0, as: UTF8.self) })
    let letters = (0..<min(count, 26)).compactMap { Unicode.Scalar(UInt32(65 + $0)).map { String(Character($0)) } }
    let usual: [[String]] = [
      (0..<count).map(String.init), (1...max(1, count)).map(String.init), letters, letters.map { $0.lowercased() },
      choices.map(\.name),
    ]
    if !label.isOpen, let names = usual.first(where: { values.isSubset(of: $0) }) {
      choiceLabels = names == usual[0] ? [] : names
      // Without a "0", numbers may count from 1.
      if names == usual[0], !values.contains("0"), values.isSubset(of: usual[1]) {
        choiceLabels = usual[1]
        checks["choice_numbers"] =
          "neither 0 nor \(count) occurs, so that numbers may count from 1 or from 0; without this key, they count from 0"
      }
      return
    }
    // A list beside that of the choices may name them, or the right answer is the text of a choice.
    let lists = fields.filter { $0.isPlural && $0.name != choices[0].name } + choices.filter(\.isPlural)
    let naming = lists.first { list in
      rows.prefix(1_000).allSatisfy { row in list.values(row).contains(label.values(row).first ?? []) }
    }
    if let naming {
      choiceLabelPath = naming.name
    } else {
      checks["choice_labels"] =
        "what \(label.name) calls the choices was not found; list it, in the order of the choices"
    }
  }

  /// A prompt and a text that is to follow it.
  private static func text(_ fields: [GuessedField]) -> TaskGuess? {
    let single = fields.filter { !$0.isPlural }
    guard !single.contains(where: { FieldNames.surelyLabels.contains($0.key) && $0.looksLikeLabels }) else {
      return nil
    }
    guard let prompt = single.first(where: { FieldNames.instructions.contains($0.key) && !$0.isNumber }),
      let output = single.first(where: {
        // Outputs may be few where the instruction lists them.
        FieldNames.outputs.contains($0.key) && $0.name != prompt.name && !$0.isNumber
          && (!$0.hasFewValues || ["instruction", "prompt"].contains(prompt.key) && $0.key != "answer")
      })
    else { return nil }
    var guess = TaskGuess(
      .text, text: prompt.name, label: output, reason: "\(output.name) is a text that follows \(prompt.name)")
    let input = single.first { $0.key == "input" && $0.name != prompt.name && $0.name != output.name }
    if let input, isPlain(prompt.name), isPlain(input.name) {
      guess.text = "{\(prompt.name)}\n{\(input.name)}\n"
    } else if isPlain(prompt.name) {
      guess.text = "{\(prompt.name)}\n"
    }
    return guess
  }

  /// A label or a number for a text or two.
  private static func label(_ fields: [GuessedField]) -> TaskGuess {
    let single = fields.filter { !$0.isPlural }
    let named = single.filter {
      FieldNames.labels.contains($0.key) && $0.looksLikeLabels
    }
    let found =
      named.first { $0.key == "label" } ?? named.last { FieldNames.surelyLabels.contains($0.key) } ?? named.last
      ?? single.last { $0.hasFewValues && $0.missing == 0 }
      ?? single.last { $0.hasFewValues }
      ?? single.last { $0.isNumber && $0.hasDecimals }
    let label = found ?? single.last
    let texts = single.filter { $0.name != label?.name && !$0.isNumber }
    var main = texts.filter { FieldNames.texts.contains($0.key) }.max { $0.meanLength < $1.meanLength }
    main = main ?? texts.max { $0.meanLength < $1.meanLength }
    var pair: GuessedField?
    for (first, second) in FieldNames.pairs {
      guard let one = texts.first(where: { $0.key == first }), let two = texts.first(where: { $0.key == second }) else {
        continue
      }
      (main, pair) = (one, two)
      break
    }
    if pair == nil, let one = texts.first(where: { $0.key.contains("1") }),
      let two = texts.first(where: { $0.key == one.key.replacing("1", with: "2") })
    {
      (main, pair) = (one, two)
    }
    // Two columns of texts without telling names are more likely a pair than one text and something else.
    let others = texts.filter { !$0.hasFewValues && ($0.counts.count * 2 > $0.filled || $0.isOpen) }
    let isUnsure = pair == nil && others.count == 2 && !others.contains { FieldNames.texts.contains($0.key) }
    if isUnsure { (main, pair) = (others[0], others[1]) }
    var guess: TaskGuess
    if let found, found.isNumber, found.hasDecimals || found.counts.count > 20 || found.isOpen {
      guess = TaskGuess(
        .regression, text: main?.name ?? "text", label: found, reason: "\(found.name) is a number")
      if !found.hasDecimals {
        guess.checks["kind"] = "its numbers have no decimals; if they are classes: classification"
      }
    } else if found == nil, let label, !label.hasFewValues, label.meanLength > 8, let main,
      label.counts.count > 1 || label.isOpen
    {
      guess = TaskGuess(
        .text, text: main.name, label: label, reason: "\(label.name) has too many different texts to be labels")
      guess.checks["kind"] = "no field of labels was found"
      return guess
    } else {
      guess = TaskGuess(
        .classification, text: main?.name ?? "text", label: label,
        reason: "\(label?.name ?? "label") has \(label?.counts.count ?? 0) different values")
      if found == nil { guess.checks["label"] = "no field of labels was found; this is the last one" }
    }
    if main == nil { guess.checks["text"] = "no field of text was found; name it here" }
    guess.pair = pair?.name
    if isUnsure {
      guess.checks["text_pair"] =
        "both texts are read, as a pair; where one of them is to be read alone, remove the other"
    }
    guess.unused = texts.map(\.name).filter { $0 != main?.name && $0 != pair?.name }
    return guess
  }

  // MARK: Names

  /// Whether a name can stand between the braces of a template.
  static func isPlain(_ name: String) -> Bool { !name.contains { "{}|".contains($0) } }

  private static func isChoices(_ field: GuessedField) -> Bool {
    guard FieldNames.choices.contains(field.key) else { return false }
    // `text` alone says little: it must lie in a list of choices.
    guard ["text", "answer", "answers"].contains(field.key) else { return true }
    return ["choice", "option", "ending"].contains { field.name.lowercased().contains($0) }
  }

  /// The name of a column of choices without its number or letter: `option` of `option1`, `answer` of `answerb`.
  private static func choiceStem(_ key: String) -> String? {
    guard let last = key.last, last.isNumber || "abcdef".contains(last) else { return nil }
    let stem = String(key.dropLast())
    return FieldNames.choices.contains(stem) && stem != "text" ? stem : nil
  }
}
