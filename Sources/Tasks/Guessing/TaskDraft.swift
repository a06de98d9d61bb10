import Support

/// A first `task.yaml` for a data file, which explains each guess and marks what it is not sure of.
package struct TaskDraft {
  /// The text of `task.yaml`.
  package let text: String
  /// The task's name.
  package let name: String
  /// What the user should look at.
  package let checks: [String]

  private static let splitWords: [(split: String, words: [String])] = [
    ("dev", ["dev", "validation", "valid", "val"]), ("test", ["test"]),
  ]
  /// The most rows that are held out for a dev split.
  private static let mostHeldOut = 1_000

  /// Looks at a file, and at files beside it that are named as its other splits.
  ///
  /// - Throws: ``TaskError`` where the file cannot be read, or holds no rows.
  package init(from path: String) throws(TaskError) {
    let file = try GuessedFile(path: path)
    let guess = TaskGuess(file)
    let own = Files.name(of: path)
    let plain = own.hasSuffix(".gz") ? String(own.dropLast(3)) : own
    let stem = plain.lastIndex(of: ".").map { String(plain[..<$0]) } ?? plain
    name = TaskDraft.name(stem, folder: Files.parent(of: Files.resolved(path)))
    var writer = DraftWriter()
    writer.lines += [
      "# Written by finetune task new from a look at \(TaskDraft.oneLine(own)): \(Plural.count(file.rows.count + file.shortRows, "row")).",
      "# CHECK marks what it is not sure of. docs/tasks.md explains every key.",
    ]
    if file.faults.count + file.shortRows > 0 {
      writer.lines += [
        "# CHECK: rows that cannot be read: \(file.faults.count + file.shortRows); finetune task check names them. In a split, incomplete: skip",
        "# leaves out rows with too few fields, and ragged: true takes them.",
      ]
    }
    writer.add("name", name)
    writer.add("title", own, note: "one line for finetune list tasks")
    writer.comment(
      "classification, regression, multiple-choice, span or text. Here, \(guess.reason).", check: guess.checks["kind"])
    writer.add("kind", guess.kind.rawValue)
    writer.add("format", file.format.rawValue)
    if let records = file.records {
      writer.comment("Where the records are in the file.")
      writer.add("records", records)
    }
    TaskDraft.splits(path, plain, file, guess, &writer)
    TaskDraft.fields(file, guess, &writer)
    TaskDraft.metrics(guess, &writer)
    let length = TaskDraft.maximumLength(file, guess)
    writer.comment(
      "Passes over the training data, and the most tokens of an example: finetune task check counts what is longer.")
    writer.comment(
      "A checkpoint with presets of its own, such as demo, has its own way: then --epochs and --max-length decide.")
    writer.lines.append("presets: {epochs: 3, max_length: \(length)}")
    text = writer.lines.joined(separator: "\n") + "\n"
    checks = writer.checks
  }

  // MARK: Parts

  private static func splits(
    _ path: String, _ plain: String, _ file: GuessedFile, _ guess: TaskGuess, _ writer: inout DraftWriter
  ) {
    let layout =
      !file.format.isTable
      ? ""
      : file.hasHeader
        ? ", header: true" : ", columns: [\(file.fields.map { DraftWriter.value($0.name) }.joined(separator: ", "))]"
    let incomplete = TaskDraft.incompleteRows(file, guess)
    let skip = (guess.labelField?.missing ?? 0) > 0 && guess.kind != .span ? ", incomplete: skip" : ""
    var found: [(split: String, file: String)] = []
    // Names are compared in small letters: beside Train.csv lies Test.csv.
    let small = plain.lowercased()
    if let at = small.range(of: "train") {
      let beside = ((try? Files.entries(Files.parent(of: path) ?? ".")) ?? []).sorted().map { entry in
        entry.hasSuffix(".gz") ? String(entry.dropLast(3)) : entry
      }
      for (split, words) in splitWords {
        let names = words.map { small.replacing("train", with: $0, subrange: at) }
        let entries = names.lazy.compactMap { name in
          beside.first { $0 == name } ?? beside.first { $0.lowercased() == name }
        }
        if let name = entries.first { found.append((split, name)) }
      }
    }
    if file.format.isTable {
      writer.comment(
        file.hasHeader
          ? "The files, beside this one or in the folder of --data. Their first line names the columns."
          : "The files, beside this one or in the folder of --data. They have no line of names, so the columns are named here.",
        check: !file.hasHeader
          ? "give the columns names that say what they hold"
          : file.isHeaderSure ? nil : "if the first line is an example, name the columns: columns: [...], no header")
    } else {
      writer.comment("The files, beside this one or in the folder of --data.")
    }
    if !skip.isEmpty {
      writer.comment(
        "incomplete: skip leaves out rows without \(TaskDraft.oneLine(guess.label)), or with too few fields or no text, and says so: \(incomplete) here."
      )
    }
    writer.lines.append("splits:")
    let name = DraftWriter.value(plain)
    writer.lines.append("  train: {file: \(name)\(layout)\(skip)}")
    if let dev = found.first(where: { $0.split == "dev" }) {
      writer.lines.append("  dev: {file: \(DraftWriter.value(dev.file))\(layout)\(skip)}")
    } else {
      let complete = skip.isEmpty ? file.rows.count : file.rows.count + file.shortRows - incomplete
      let count = max(1, min(mostHeldOut, complete / 10))
      writer.comment(
        "There is one file, so \(count) of its rows, the same in every run, "
          + "\(count == 1 ? "is" : "are") held out from training to score on.",
        indent: 2,
        check: complete < 50 ? "the file is short, and a score on so few rows says little" : nil)
      writer.lines.append("  dev: {file: \(name)\(layout)\(skip), hold_out: \(count)}")
    }
    if let test = found.first(where: { $0.split == "test" }) {
      writer.lines.append("  test: {file: \(DraftWriter.value(test.file))\(layout)}")
    }
  }

  /// Number of rows that `incomplete: skip` leaves out.
  private static func incompleteRows(_ file: GuessedFile, _ guess: TaskGuess) -> Int {
    let texts = file.format.isTable ? [] : file.fields.filter { [guess.text, guess.pair].contains($0.name) }
    let rows = file.rows.count { row in
      guess.labelField.map { !$0.values(row).contains { !$0.isEmpty } } ?? false
        || texts.contains { !$0.isPlural && $0.values(row).isEmpty }
    }
    return rows + file.shortRows
  }

  private static func fields(_ file: GuessedFile, _ guess: TaskGuess, _ writer: inout DraftWriter) {
    if let id = guess.id { writer.add("id", id.name) }
    switch guess.kind {
    case .classification, .regression:
      writer.comment(
        "The \(file.format.isTable ? "column" : "field") of the text"
          + (guess.pair == nil ? "; text_pair names that of a second text, where there is one." : "s."),
        check: guess.checks["text"] ?? guess.checks["text_pair"])
    case .multipleChoice: writer.comment("What the choices follow.")
    case .span: writer.comment("The question, and the passage that holds its answers.")
    case .text: writer.comment("The prompt: fields stand in braces.")
    }
    writer.add("text", template: guess.text, of: file.fields)
    if let pair = guess.pair { writer.add("text_pair", template: pair, of: file.fields) }
    if !guess.unused.isEmpty {
      writer.comment("Other texts, which are not used: \(guess.unused.map(oneLine).joined(separator: ", ")).")
    }
    if guess.kind == .multipleChoice { choices(file, guess, &writer) }
    writer.comment("The right answer.", check: guess.checks["label"])
    writer.add("label", guess.label)
    if guess.kind == .classification { labels(guess, &writer) }
    if guess.kind == .span {
      if let starts = guess.answerStarts {
        writer.comment("Where an answer begins in its passage, counted in Unicode characters.")
        writer.add("answer_starts", starts)
      }
      if guess.allowsNoAnswer {
        writer.comment("Some questions have no answer.")
        writer.lines.append("no_answer: true")
      }
    }
  }

  private static func choices(_ file: GuessedFile, _ guess: TaskGuess, _ writer: inout DraftWriter) {
    let names = guess.choices.map { DraftWriter.template($0, of: file.fields) }
    writer.lines.append("choices: " + (names.count == 1 ? names[0] : "[\(names.joined(separator: ", "))]"))
    let labels = guess.choiceLabels.map(DraftWriter.value).joined(separator: ", ")
    if let check = guess.checks["choice_labels"] {
      writer.comment("How the right answer names a choice.", check: check)
      writer.lines.append("# choice_labels: [...]")
    } else if let path = guess.choiceLabelPath {
      writer.comment("How the right answer names a choice; without this key, by its number from 0.")
      writer.add("choice_labels", path)
    } else if !guess.choiceLabels.isEmpty {
      writer.comment(
        "How the right answer names a choice; without this key, by its number from 0.",
        check: guess.checks["choice_numbers"])
      writer.lines.append("choice_labels: [\(labels)]")
    }
    let isField = file.fields.contains { $0.name == guess.text }
    guard TaskGuess.isPlain(guess.text) || guess.text.hasPrefix("{") && !isField else { return }
    writer.comment("How a language model without a head for choices scores them: each as the end of this text.")
    let context = guess.text.hasPrefix("{") ? guess.text : "{\(guess.text)}"
    writer.lines.append("likelihood: {context: \(DraftWriter.quoted("Question: \(context)\nAnswer:"))}")
  }

  private static func labels(_ guess: TaskGuess, _ writer: inout DraftWriter) {
    var values = (guess.labelField?.values ?? []).prefix(50).map {
      (value: $0.value, note: Plural.count($0.count, "row"))
    }
    let isSure = guess.labelField?.hasFewValues ?? false
    let doubts = (isSure ? [] : ["these are the values that were seen; there may be others"]) + TaskDraft.doubts(guess)
    writer.comment(
      "The labels: value is what stands in the file, and name is what reports call it."
        + (values.count == 2 ? " f1 is that of the second." : ""),
      check: doubts.isEmpty ? nil : doubts.joined(separator: "; "))
    while values.count < 2 { values.append((Array("label\(values.count + 1)".utf8), "not in the file")) }
    writer.lines.append("labels:")
    var names: [String] = []
    for (value, note) in values {
      let text = String(decoding: value, as: UTF8.self)
      var name = oneLine(text)
      while names.contains(name) || name.isEmpty { name += "_" }
      names.append(name)
      writer.lines.append("  - {name: \(DraftWriter.value(name)), value: \(DraftWriter.quoted(text))}  # \(note)")
    }
    likelihood(of: names, guess, &writer)
  }

  /// What speaks against the labels: numbers written in two ways, and labels that occur once.
  private static func doubts(_ guess: TaskGuess) -> [String] {
    let values = guess.labelField?.values ?? []
    func text(_ value: [UInt8]) -> String { oneLine(UTF8Text.shown(value)) }
    var doubts: [String] = []
    for (left, right) in zip(values, values.dropFirst()) {
      guard let first = Double(String(decoding: left.value, as: UTF8.self)),
        first == Double(String(decoding: right.value, as: UTF8.self))
      else { continue }
      doubts.append(
        "\(text(left.value)) and \(text(right.value)) are one number and two labels here: write them alike in the file")
    }
    let rare = values.filter { $0.count == 1 }
    if guess.labelField?.filled ?? 0 >= 20, !rare.isEmpty, !values.isEmpty {
      let more = rare.count - 5
      doubts.append(
        "\(rare.prefix(5).map { text($0.value) }.joined(separator: ", "))\(more > 0 ? " and \(more) more" : "") "
          + "\(rare.count == 1 ? "occurs" : "occur") once: a slip of the pen, or too rare to learn")
    }
    return doubts
  }

  /// The most labels that a question to a language model lists.
  private static let mostListed = 10

  /// How a language model compares the labels: each as the answer to a question about the text. Only words say what a
  /// label means, so the lines are comments where there are none.
  private static func likelihood(of names: [String], _ guess: TaskGuess, _ writer: inout DraftWriter) {
    let texts = [guess.text] + (guess.pair.map { [$0] } ?? [])
    guard texts.allSatisfy(TaskGuess.isPlain) else { return }
    let areWords = names.allSatisfy { $0.contains(where: \.isLetter) } && (guess.labelField?.counts.count ?? 0) >= 2
    let isReady = areWords && guess.checks["text"] == nil
    writer.comment(
      isReady
        ? "How a language model without a classifier scores the labels: each as the end of this text."
        : "With words for the labels in choices, a language model without a classifier could score them:")
    let listed = names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
    let question = "What is the \(oneLine(guess.label))" + (names.count > mostListed ? "?" : ", \(listed)?")
    let context = texts.map { "{\($0)}\n" }.joined() + "Question: \(literal(question))\nAnswer:"
    let choices = names.map { DraftWriter.quoted(literal($0)) }.joined(separator: ", ")
    writer.lines += [
      "likelihood:", "  context: \(DraftWriter.quoted(context))", "  choices: [\(choices)]",
    ].map { isReady ? $0 : "# " + $0 }
  }

  /// A text inside a template that stands for itself.
  private static func literal(_ text: String) -> String {
    text.replacing("{", with: "{{").replacing("}", with: "}}")
  }

  private static func metrics(_ guess: TaskGuess, _ writer: inout DraftWriter) {
    let metrics: [String]
    switch guess.kind {
    case .classification: metrics = ["accuracy", max(2, guess.labelField?.counts.count ?? 2) == 2 ? "f1" : "f1_macro"]
    case .regression: metrics = ["pearson", "spearman", "mean_squared_error"]
    case .multipleChoice: metrics = ["accuracy"]
    case .span: metrics = ["f1", "exact_match"]
    case .text: metrics = ["exact_match"]
    }
    writer.comment("The primary metric decides which model is the best.")
    writer.lines.append("metrics: [\(metrics.joined(separator: ", "))]")
    writer.add("primary_metric", metrics[0])
    if guess.kind == .text {
      let longest = guess.labelField?.meanLength ?? 0
      writer.comment("The most tokens that a model writes.")
      writer.lines.append("max_new_tokens: \(max(32, (longest / 3 + 31) / 32 * 32))")
    }
  }

  /// A length that most examples keep, if a token has four bytes: the next power of two.
  private static func maximumLength(_ file: GuessedFile, _ guess: TaskGuess) -> Int {
    let used = file.fields.filter { field in
      guess.text.contains(field.name) || field.name == guess.pair || guess.choices.contains(field.name)
    }
    let bytes = used.reduce(0) { $0 + $1.meanLength * 2 }
    return [64, 128, 256].first { $0 * 4 >= bytes } ?? 512
  }

  // MARK: Texts

  private static func name(_ stem: String, folder: String?) -> String {
    // `train.csv` says less than the name of its folder.
    let isSplit = ["train", "data", "dev", "test"].contains(stem.lowercased())
    let text = isSplit ? folder.map(Files.name) ?? stem : stem
    let safe = text.unicodeScalars.map { scalar -> Character in
      scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
        || "-_".unicodeScalars.contains(scalar)
        ? Character(scalar) : "_"
    }
    return safe.isEmpty ? "task" : String(safe)
  }

  private static func oneLine(_ text: String) -> String {
    String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
  }
}

extension String {
  fileprivate func replacing(_ old: String, with new: String, subrange: Range<String.Index>) -> String {
    var copy = self
    copy.replaceSubrange(subrange, with: new)
    return copy
  }

  fileprivate func range(of part: String) -> Range<String.Index>? { firstRange(of: part) }
}
