import Support

/// Reads the records of JSON files.
struct JSONRecords {
  let file: DataFile

  /// The value of each line.
  ///
  /// - Parameter faults: takes the faults of lines, which are then left out; `nil` where the first fault is thrown.
  func readLines(_ faults: FaultCollector? = nil) throws(TaskError) -> [DataRow] {
    do throws(JSONParseError) { return try JSONRecords.rows(file.bytes) } catch {
      guard let faults else {
        let isEmpty = TextLines(file.bytes).first { $0.number == error.line }?.bytes.isEmpty ?? false
        throw bad(error, line: error.line, isEmpty: isEmpty)
      }
      return try readGoodLines(faults)
    }
  }

  /// The values of the lines that hold one. Each line is parsed alone, and a wrong one is replaced by null.
  private func readGoodLines(_ faults: FaultCollector) throws(TaskError) -> [DataRow] {
    var (bytes, wrong): ([UInt8], Set<Int>) = ([], [])
    for line in TextLines(file.bytes, dropsBlankEnd: true) {
      do throws(JSONParseError) {
        _ = try JSONTape.parse(Array(line.bytes))
        bytes += line.bytes
      } catch {
        faults.add(bad(error, line: line.number, isEmpty: line.bytes.isEmpty))
        wrong.insert(line.number)
        bytes += "null".utf8
      }
      bytes.append(UInt8(ascii: "\n"))
    }
    do throws(JSONParseError) { return try JSONRecords.rows(bytes).filter { !wrong.contains($0.line) } } catch {
      throw bad(error)
    }
  }

  private static func rows(_ bytes: [UInt8]) throws(JSONParseError) -> [DataRow] {
    let (tape, values) = try JSONTape.parseLines(bytes)
    return values.map { DataRow(line: $0.line, content: .value(tape, $0.value, around: [])) }
  }

  /// The records at a path, or the elements of the list that the file is.
  func read(_ path: FieldPath?) throws(TaskError) -> [DataRow] {
    if let path, path.steps == nil {
      throw .badLine(
        path: file.path, line: 1,
        reason: "the records \(path): is no path in JSON; expected keys and lists such as data[*].questions[*]")
    }
    let tape: JSONTape
    do throws(JSONParseError) { tape = try JSONTape.parse(file.bytes) } catch { throw bad(error) }
    var rows: [DataRow] = []
    var lines = LineCounter(file.bytes)
    func visit(
      _ value: JSONTape.Value, _ steps: ArraySlice<FieldPath.Step>, around: [JSONTape.Value]
    ) throws(TaskError) {
      func fault(_ expected: String) -> TaskError {
        let place = path.map { "the records \($0)" } ?? "the file"
        return .badLine(
          path: file.path, line: lines.line(at: tape.offset(value)),
          reason: "\(place): found \(tape.summary(value)), expected \(expected)")
      }
      guard let step = steps.first else {
        // The path of a list stands for its elements.
        guard tape.kind(value) == .array, path?.steps?.last != .all else {
          guard path != nil else {
            throw fault(
              "a list of records; where they are inside an object, task.yaml gives their path: records: data[*]")
          }
          rows.append(
            DataRow(line: lines.line(at: tape.offset(value)), content: .value(tape, value, around: around)))
          return
        }
        for element in tape.elements(value) {
          rows.append(
            DataRow(line: lines.line(at: tape.offset(element)), content: .value(tape, element, around: around)))
        }
        return
      }
      let around = tape.kind(value) == .object ? around + [value] : around
      switch step {
      case .key(let key):
        guard let member = tape.member(key, of: value) else {
          throw fault("an object with the key \(UTF8Text.shown(key))")
        }
        try visit(member, steps.dropFirst(), around: around)
      case .element(let number):
        let elements = tape.elements(value)
        guard number < elements.count else { throw fault("a list of more than \(number)") }
        try visit(elements[number], steps.dropFirst(), around: around)
      case .all:
        guard tape.kind(value) == .array else { throw fault("a list") }
        for element in tape.elements(value) { try visit(element, steps.dropFirst(), around: around) }
      }
    }
    try visit(JSONTape.root, path?.steps?[...] ?? [], around: [])
    return rows
  }

  private func bad(_ error: JSONParseError) -> TaskError { bad(error, line: error.line, isEmpty: false) }

  private func bad(_ error: JSONParseError, line: Int, isEmpty: Bool) -> TaskError {
    .badLine(
      path: file.path, line: line,
      reason: isEmpty
        ? "is empty; expected one JSON value in each line: remove the line"
        : "not valid JSON: \(error.reason) (byte \(error.offset))")
  }
}

/// The line numbers of places that are asked for in the order of the text.
struct LineCounter {
  private let bytes: [UInt8]
  private var (at, number) = (0, 1)

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// - Precondition: `offset` is not before the last one.
  mutating func line(at offset: Int) -> Int {
    number += bytes[at..<offset].count { $0 == UInt8(ascii: "\n") }
    at = offset
    return number
  }
}
