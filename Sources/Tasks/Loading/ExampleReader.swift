import Support
import Tokenization

/// Reads an example from a row, with the inputs that a protocol needs.
struct ExampleReader {
  let task: BenchmarkTask
  let kind: ProtocolKind
  let path: String
  /// Whether a row without an answer is a fault.
  let needsAnswers: Bool
  /// The answers to look for in generated text, where the split has its own.
  let extract: [[UInt8]]
  /// Whether a row without a text or an answer is left out.
  var skipsIncomplete = false

  /// - Parameter label: the answer from a file of labels; `nil` where the row has its own.
  /// - Returns: `nil` for an incomplete row, where such rows are left out.
  /// - Throws: ``TaskError/badLine(path:line:reason:)``.
  func example(_ row: DataRow, index: Int, label: [UInt8]?) throws(TaskError) -> Example? {
    if skipsIncomplete, row.isShort { return nil }
    do throws(FieldFault) {
      return try read(row, index, label)
    } catch {
      if skipsIncomplete, error.isAbsence { return nil }
      throw .badLine(path: path, line: row.line, reason: error.message)
    }
  }

  private var fields: TaskFields { task.fields }

  private func read(_ row: DataRow, _ index: Int, _ label: [UInt8]?) throws(FieldFault) -> Example {
    let id = try fields.id.map { (path) throws(FieldFault) in try row.text(path) } ?? nil
    let (inputs, answer, names) = try content(row, label)
    return Example(
      index: index, line: row.line, id: id.map { String(decoding: $0, as: UTF8.self) }, inputs: inputs, answer: answer,
      choiceNames: names)
  }

  private func content(
    _ row: DataRow, _ label: [UInt8]?
  ) throws(FieldFault) -> (inputs: [TextInput], answer: Answer?, choiceNames: [[UInt8]]) {
    switch task.kind {
    case .classification:
      let answer = try self.label(row, label).map { (text) throws(FieldFault) in
        try position(text, among: task.labelValues)
      }
      let inputs = try kind == .likelihood ? continuations(row, choices: []) : [texts(row)]
      if kind == .likelihood { try checkCount(inputs, of: task.labelValues.count) }
      return (inputs, answer.map(Answer.label), [])
    case .regression:
      return ([try texts(row)], try self.label(row, label).map(number), [])
    case .multipleChoice:
      let choices = try self.choices(row)
      let names = try choiceLabels(row, choices.count)
      let answer = try self.label(row, label).map { (text) throws(FieldFault) in try position(text, among: names) }
      let inputs = try kind == .likelihood ? continuations(row, choices: choices) : pairs(row, choices)
      try checkCount(inputs, of: names.count)
      return (inputs, answer.map(Answer.label), names)
    case .span:
      let input = try texts(row)
      return ([input], try spans(row, in: input.second ?? []), [])
    case .text:
      let answer = try self.label(row, label)
      if let answer, !allowed.isEmpty, !allowed.contains(answer) { _ = try position(answer, among: allowed) }
      let target = try fields.target.map { (template) throws(FieldFault) in try template.text(row) } ?? answer
      return ([TextInput(try required(fields.text, row), target)], answer.map(Answer.text), [])
    }
  }

  private var allowed: [[UInt8]] { extract.isEmpty ? task.extract : extract }

  // MARK: Texts

  private func required(_ template: TextTemplate, _ row: DataRow) throws(FieldFault) -> [UInt8] {
    guard let text = try template.text(row) else { throw absent(template) }
    return text
  }

  private func absent(_ template: TextTemplate) -> FieldFault {
    FieldFault(
      path: template.paths.map(\.text).joined(separator: ", "), reason: "is absent or null, expected a text",
      isAbsence: true)
  }

  private func texts(_ row: DataRow) throws(FieldFault) -> TextInput {
    TextInput(
      try required(fields.text, row),
      try fields.pair.map { (template) throws(FieldFault) in try required(template, row) })
  }

  private func choices(_ row: DataRow) throws(FieldFault) -> [[UInt8]] {
    var result: [[UInt8]] = []
    for template in fields.choices {
      guard let found = try template.texts(row) else { throw absent(template) }
      result += found
    }
    guard result.count >= 2 else {
      throw FieldFault(
        path: fields.choices.flatMap(\.paths).map(\.text).joined(separator: ", "),
        reason: "found \(result.count) choices, expected at least two")
    }
    return result
  }

  private func pairs(_ row: DataRow, _ choices: [[UInt8]]) throws(FieldFault) -> [TextInput] {
    let text = try required(fields.text, row)
    return choices.map { TextInput(text, $0) }
  }

  /// A context and a continuation for each choice.
  private func continuations(_ row: DataRow, choices: [[UInt8]]) throws(FieldFault) -> [TextInput] {
    guard let rules = task.likelihood else { return [] }
    var contexts: [[UInt8]] = []
    for template in rules.contexts { contexts.append(try required(template, row)) }
    var ends: [[UInt8]] = []
    for template in rules.choices {
      guard let found = try template.texts(row) else { throw absent(template) }
      ends += found
    }
    if ends.isEmpty { ends = choices }
    let count = max(contexts.count, ends.count)
    guard [1, count].contains(contexts.count), [1, count].contains(ends.count) else {
      throw FieldFault(
        path: "likelihood", reason: "found \(contexts.count) contexts and \(ends.count) choices, expected as many")
    }
    return (0..<count).map { index in
      TextInput(
        contexts.count == 1 ? contexts[0] : contexts[index],
        rules.separator + (ends.count == 1 ? ends[0] : ends[index]))
    }
  }

  /// A language model compares one text for each answer.
  private func checkCount(_ inputs: [TextInput], of answers: Int) throws(FieldFault) {
    guard inputs.count == answers else {
      throw FieldFault(
        path: "likelihood", reason: "found \(inputs.count) texts for \(answers) answers, expected one for each")
    }
  }

  // MARK: Answers

  /// The text of the right answer; `nil` where there is none and none is needed.
  private func label(_ row: DataRow, _ own: [UInt8]?) throws(FieldFault) -> [UInt8]? {
    if let own { return own }
    let found = try row.text(fields.label)
    // A table has an empty field where a row has no answer.
    if !needsAnswers { return found == [] && !task.labelValues.contains([]) ? nil : found }
    guard let found, !(skipsIncomplete && found.isEmpty) else {
      throw FieldFault(
        path: fields.label.text, reason: "is absent or null, expected the right answer", isAbsence: true)
    }
    return found
  }

  private func choiceLabels(_ row: DataRow, _ count: Int) throws(FieldFault) -> [[UInt8]] {
    if let path = fields.choiceLabelPath {
      let names = try row.texts(path) ?? []
      guard names.count == count else {
        throw FieldFault(path: path.text, reason: "found \(names.count) labels, expected \(count), one for each choice")
      }
      return names
    }
    guard !fields.choiceLabels.isEmpty else { return (0..<count).map { Array(String($0).utf8) } }
    guard fields.choiceLabels.count >= count else {
      throw FieldFault(
        path: "choice_labels",
        reason: "found \(count) choices for the \(fields.choiceLabels.count) labels of task.yaml, expected no more")
    }
    // A row may have fewer choices than others, and then its answer is one of the first labels.
    return Array(fields.choiceLabels.prefix(count))
  }

  private func position(_ text: [UInt8], among names: [[UInt8]]) throws(FieldFault) -> Int {
    guard let position = names.firstIndex(of: text) else {
      let listed = names.prefix(10).map { String(decoding: $0, as: UTF8.self) }
      let expected =
        listed.joined(separator: " or ")
        + (names.count > listed.count ? ", or one of \(names.count - listed.count) others" : "")
      throw FieldFault(
        path: "label", reason: "found \"\(String(decoding: text.prefix(80), as: UTF8.self))\", expected \(expected)")
    }
    return position
  }

  private func number(_ text: [UInt8]) throws(FieldFault) -> Answer {
    guard let number = Double(String(decoding: text.prefix(80), as: UTF8.self)), number.isFinite else {
      throw FieldFault(
        path: "label",
        reason: "found \"\(String(decoding: text.prefix(80), as: UTF8.self))\", expected a number such as 3.8"
      )
    }
    return .number(number)
  }

  /// The right answers in a passage. Official files give a start in Unicode code points; without one, or where other
  /// text stands there, the nearest occurrence of the answer counts.
  private func spans(_ row: DataRow, in passage: [UInt8]) throws(FieldFault) -> Answer? {
    guard let texts = try row.texts(fields.label) else {
      guard !needsAnswers else {
        throw FieldFault(
          path: fields.label.text, reason: "is absent or null, expected the right answers", isAbsence: true)
      }
      return nil
    }
    let starts = try fields.answerStarts.map { (path) throws(FieldFault) in try row.integers(path) ?? [] }
    if let starts, starts.count != texts.count {
      throw FieldFault(
        path: fields.answerStarts?.text ?? "", reason: "found \(starts.count) starts for \(texts.count) answers")
    }
    // A table has an empty field where a passage holds no answer.
    let present = texts.indices.filter { !texts[$0].isEmpty }
    guard !present.isEmpty else {
      guard task.allowsNoAnswer || !needsAnswers else {
        throw FieldFault(
          path: fields.label.text,
          reason: "has no answer; where questions may have none, task.yaml says no_answer: true")
      }
      return task.allowsNoAnswer ? .spans([]) : nil
    }
    return .spans(
      try present.map { (index) throws(FieldFault) in
        let asked = starts.map { CodePoints.byte(of: $0[index], in: passage) } ?? 0
        guard let start = CodePoints.nearest(texts[index], to: asked, in: passage) else {
          throw FieldFault(
            path: fields.label.text,
            reason: "\"\(String(decoding: texts[index].prefix(80), as: UTF8.self))\" does not stand in the passage")
        }
        return AnswerSpan(text: texts[index], start: start)
      })
  }
}

/// Positions in UTF-8 text that files count in Unicode code points.
enum CodePoints {
  /// The byte at which a code point begins, counted from 0; the end of the text where it is too short.
  static func byte(of codePoint: Int, in text: [UInt8]) -> Int {
    var remaining = codePoint
    for (index, byte) in text.enumerated() where byte & 0xC0 != 0x80 {
      if remaining <= 0 { return index }
      remaining -= 1
    }
    return text.count
  }

  package static func count(_ text: some Sequence<UInt8>) -> Int { text.count { $0 & 0xC0 != 0x80 } }

  /// Where `part` stands in `text`, nearest to a byte; `nil` where it does not.
  static func nearest(_ part: [UInt8], to byte: Int, in text: [UInt8]) -> Int? {
    if byte <= text.count, text[byte...].starts(with: part) { return byte }
    return text.ranges(of: part).map(\.lowerBound).min { abs($0 - byte) < abs($1 - byte) }
  }
}
