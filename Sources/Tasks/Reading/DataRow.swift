import Support

/// One example's row: a line's named columns, or a JSON value with the objects around it.
package struct DataRow: Sendable {
  enum Content: Sendable {
    case fields(TableFields, row: Int)
    case value(JSONTape, JSONTape.Value, around: [JSONTape.Value])
  }

  /// Line on which the row begins, from 1.
  package let line: Int
  let content: Content

  /// Whether the row has fewer fields than its table has columns.
  var isShort: Bool {
    switch content {
    case .fields(let fields, let row): fields.isShort(row)
    case .value: false
    }
  }

  /// The fields of a table's row that have more lines than `most`: where each begins, and how many lines it has.
  func fields(longerThan most: Int) -> [(line: Int, lines: Int)] {
    guard case .fields(let fields, let row) = content else { return [] }
    var (at, result) = (line, [(line: Int, lines: Int)]())
    for ends in fields.lineEnds(row) {
      if ends >= most { result.append((at, ends + 1)) }
      at += ends
    }
    return result
  }

  /// The text at a path: a column's field, or a JSON string, number or boolean as it is written. `nil` where there is
  /// none: the column, key or element is absent, or the value is null.
  ///
  /// A key that a record lacks is looked up in the objects around it, from the inside out, so that a question of SQuAD
  /// has the `context` of its paragraph.
  ///
  /// - Throws: ``FieldFault`` where a list or an object is there.
  package func text(_ path: FieldPath) throws(FieldFault) -> [UInt8]? {
    switch content {
    case .fields(let fields, let row): return fields.text(row, path.name)
    case .value(let tape, _, _):
      guard !path.isPlural else {
        throw FieldFault(path: path.text, reason: "leads to several texts, expected one: give a number instead of *")
      }
      guard let value = try values(path).first else { return nil }
      return try text(value, tape, path)
    }
  }

  /// The texts at a path with `[*]`, or in a list of texts; a single text is a list of one. `nil` where there is none.
  ///
  /// - Throws: ``FieldFault`` where something other than a text is among them.
  package func texts(_ path: FieldPath) throws(FieldFault) -> [[UInt8]]? {
    switch content {
    case .fields(let fields, let row): return fields.text(row, path.name).map { [$0] }
    case .value(let tape, _, _):
      var found = try values(path)
      if path.isPlural {
        if found.isEmpty, try !hasList(path) { return nil }
      } else if let only = found.first {
        if tape.kind(only) == .null { return nil }
        if tape.kind(only) == .array { found = tape.elements(only) }
      } else {
        return nil
      }
      return try found.map { (value) throws(FieldFault) in
        guard let text = try text(value, tape, path) else {
          throw FieldFault(path: path.text, reason: "found null, expected a text")
        }
        return text
      }
    }
  }

  /// The integers at a path, as ``texts(_:)``.
  package func integers(_ path: FieldPath) throws(FieldFault) -> [Int]? {
    try texts(path)?.map { (text) throws(FieldFault) in try DataRow.integer(text, path) }
  }

  private static func integer(_ text: [UInt8], _ path: FieldPath) throws(FieldFault) -> Int {
    guard text.count < 32, let number = Int(String(decoding: text, as: UTF8.self)) else {
      throw FieldFault(path: path.text, reason: "found \"\(UTF8Text.shown(text))\", expected an integer")
    }
    return number
  }

  private func text(
    _ value: JSONTape.Value, _ tape: JSONTape, _ path: FieldPath
  ) throws(FieldFault) -> [UInt8]? {
    switch tape.kind(value) {
    case .null: return nil
    case .bool, .number, .string: return tape.text(value)
    case .array, .object:
      throw FieldFault(path: path.text, reason: "found \(tape.summary(value)), expected a text")
    }
  }
}

/// Walking along a path in JSON.
extension DataRow {
  /// The values at a path; none where a key or element is absent.
  func values(_ path: FieldPath) throws(FieldFault) -> [JSONTape.Value] {
    guard case .value(let tape, let record, let around) = content else { return [] }
    guard let steps = path.steps else {
      throw FieldFault(
        path: path.text, reason: "is no path in JSON; expected keys and elements such as answers[0].text")
    }
    return try JSONWalk(tape: tape, path: path).values(steps[...], from: start(steps, tape, record, around))
  }

  /// Whether a path with `[*]` leads to a list, which may be empty.
  private func hasList(_ path: FieldPath) throws(FieldFault) -> Bool {
    guard case .value(let tape, let record, let around) = content, let steps = path.steps,
      let star = steps.firstIndex(of: .all)
    else { return false }
    let walk = JSONWalk(tape: tape, path: path)
    let list = try walk.values(steps[..<star], from: start(steps, tape, record, around)).first
    return list.map { tape.kind($0) == .array } ?? false
  }

  /// The record, or the innermost object around it that has the path's first key where the record has none.
  private func start(
    _ steps: [FieldPath.Step], _ tape: JSONTape, _ record: JSONTape.Value, _ around: [JSONTape.Value]
  ) -> JSONTape.Value {
    guard case .key(let key)? = steps.first, tape.member(key, of: record) == nil else { return record }
    return around.last { tape.member(key, of: $0) != nil } ?? record
  }
}

/// Follows the steps of a path.
struct JSONWalk {
  let tape: JSONTape
  let path: FieldPath

  func values(
    _ steps: ArraySlice<FieldPath.Step>, from value: JSONTape.Value
  ) throws(FieldFault) -> [JSONTape.Value] {
    guard let step = steps.first else { return [value] }
    let rest = steps.dropFirst()
    guard tape.kind(value) != .null else { return [] }
    switch step {
    case .key(let key):
      guard tape.kind(value) == .object else { throw fault(value, "an object with the key \(UTF8Text.shown(key))") }
      guard let member = tape.member(key, of: value) else { return [] }
      return try values(rest, from: member)
    case .element(let number):
      guard tape.kind(value) == .array else { throw fault(value, "a list") }
      let elements = tape.elements(value)
      return number < elements.count ? try values(rest, from: elements[number]) : []
    case .all:
      guard tape.kind(value) == .array else { throw fault(value, "a list") }
      var result: [JSONTape.Value] = []
      for (number, element) in tape.elements(value).enumerated() {
        let found = try values(rest, from: element)
        // Texts and their labels are matched by position, so that none may be left out.
        guard !found.isEmpty || rest.contains(.all) else {
          throw FieldFault(path: path.text, reason: "element \(number) of the list has none; expected one in each")
        }
        result += found
      }
      return result
    }
  }

  private func fault(_ value: JSONTape.Value, _ expected: String) -> FieldFault {
    FieldFault(path: path.text, reason: "found \(tape.summary(value)), expected \(expected)")
  }
}
