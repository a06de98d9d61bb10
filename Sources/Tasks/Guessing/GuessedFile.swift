import Support

/// A data file whose layout is guessed from a look at it.
struct GuessedFile {
  let file: DataFile
  let format: DataFormat
  /// Whether a table's first row names its columns.
  let hasHeader: Bool
  /// Whether more than one usual name shows that the first row is a header or an example.
  let isHeaderSure: Bool
  /// The path of the records in a JSON file that is no list of them.
  let records: String?
  let rows: [DataRow]
  let fields: [GuessedField]
  /// Faults of single rows, which are left out here.
  let faults: FaultCollector
  /// Number of rows with too few fields, which are left out here.
  let shortRows: Int

  /// - Throws: ``TaskError`` where the file cannot be read, or holds no rows.
  init(path: String) throws(TaskError) {
    let folder = try DataFolder(path: Files.parent(of: path) ?? ".")
    guard let file = try folder.read(Files.name(of: path)) else { throw .unreadable(.missing(path: path)) }
    self.file = file
    try file.checkKind(nil)
    format = try GuessedFile.format(path, file.bytes)
    faults = FaultCollector()
    var fields: [GuessedField]
    switch format {
    case .tsv, .csv:
      let names = try TableReader(file: file, format: format, lengths: .any).firstRow()
      let generic = names.indices.map { "column\($0 + 1)" }
      var rows = try DataTable(
        file, format: format, header: false, columns: generic, records: nil, lengths: .orShorter, faults: faults
      ).rows
      let count = rows.count
      rows.removeAll(where: \.isShort)
      shortRows = count - rows.count
      (hasHeader, isHeaderSure) = GuessedFile.isHeader(names, rows.dropFirst(), generic)
      records = nil
      if hasHeader { rows.removeFirst() }
      self.rows = rows
      let known = hasHeader ? names : generic
      // A column without a name, as some programs write for row numbers, cannot be read.
      fields = zip(known, generic).compactMap { name, generic in
        guard !name.isEmpty, let path = FieldPath(generic) else { return nil }
        return GuessedField(name: name, path: path)
      }
    case .json, .jsonl:
      (hasHeader, isHeaderSure, shortRows) = (false, true, 0)
      var path: String?
      if format == .json {
        do throws(JSONParseError) { path = GuessedFile.records(try JSONTape.parse(file.bytes)) } catch {
          throw .badLine(path: file.path, line: error.line, reason: "not valid JSON: \(error.reason)")
        }
      }
      records = path
      rows = try DataTable(
        file, format: format, header: false, columns: [], records: path.flatMap(FieldPath.init), lengths: .exact,
        faults: faults
      ).rows
      fields = JSONFields.names(rows.prefix(100)).compactMap { name in
        FieldPath(name).flatMap { $0.steps == nil ? nil : GuessedField(name: name, path: $0) }
      }
    }
    guard !rows.isEmpty else { throw .empty(path: file.path) }
    for index in fields.indices {
      for row in rows { fields[index].add(row) }
    }
    self.fields = fields
  }

  private static func format(_ path: String, _ bytes: [UInt8]) throws(TaskError) -> DataFormat {
    let name = path.hasSuffix(".gz") ? String(path.dropLast(3)) : path
    let lines = TextLines(bytes)
    let first = lines.first { !$0.bytes.isEmpty }?.bytes ?? []
    var marks = first.lazy.filter { $0 > UInt8(ascii: " ") }.makeIterator()
    var start = marks.next()
    // A table's first column may be named {name}.
    if start == UInt8(ascii: "{"), let next = marks.next(), next != UInt8(ascii: "\""), next != UInt8(ascii: "}") {
      start = nil
    }
    let isJSON = [".json", ".jsonl", ".ndjson"].contains { name.lowercased().hasSuffix($0) }
    if isJSON || start == UInt8(ascii: "{") || start == UInt8(ascii: "[") {
      // Many files named .json hold a value in each line.
      if start != UInt8(ascii: "{") { return .json }
      return (try? JSONTape.parse(bytes)) == nil || name.hasSuffix("l") ? .jsonl : .json
    }
    func count(_ character: Character) -> Int { first.count { $0 == character.asciiValue } }
    if count("\t") > 0, count("\t") >= count(",") || name.lowercased().hasSuffix(".tsv") { return .tsv }
    if count(";") > count(",") {
      throw .badLine(
        path: path, line: 1,
        reason: "its fields seem to be separated by semicolons; expected commas, tabs or JSON: convert the file first")
    }
    return name.lowercased().hasSuffix(".tsv") ? .tsv : .csv
  }

  /// Whether a first row names the columns: it holds no numbers, and no column has its value again. That says little
  /// where no column repeats its values, unless there are numbers below or the names are usual ones.
  private static func isHeader(_ names: [String], _ rows: ArraySlice<DataRow>, _ columns: [String]) -> (
    isHeader: Bool, isSure: Bool
  ) {
    let named = names.enumerated().filter { $0.offset > 0 || !$0.element.isEmpty }.map(\.element)
    guard Set(names).count == names.count, !named.isEmpty,
      named.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 60 && Double($0) == nil })
    else { return (false, true) }
    let fields = zip(names, columns).compactMap { name, column -> GuessedField? in
      guard !name.isEmpty, let path = FieldPath(column) else { return nil }
      var field = GuessedField(name: name, path: path)
      for row in rows.prefix(1_000) { field.add(row) }
      return field
    }
    let usual = fields.count { FieldNames.all.contains($0.key) }
    guard !rows.isEmpty else { return (usual > 0, false) }
    // A label stands there again, unless the whole header does, as in files that were joined.
    let again = fields.count { $0.counts[Array($0.name.utf8)] != nil }
    guard again == 0 || again == fields.count && usual > 0 else { return (false, true) }
    return (true, usual > 1 || fields.contains { $0.isNumber && $0.filled > 0 || $0.hasFewValues })
  }

  /// The path of the list of records inside an object; `nil` where the file is a list.
  private static func records(_ tape: JSONTape) -> String? {
    guard tape.kind(JSONTape.root) == .object else { return nil }
    var (path, value) = ("", JSONTape.root)
    while true {
      let lists = tape.members(value).filter { _, list in
        tape.elements(list).first.map { tape.kind($0) == .object } ?? false
      }
      // SQuAD's questions lie two lists further inside.
      let inner = lists.first {
        path.isEmpty || ["paragraphs", "qas"].contains(String(decoding: $0.key, as: UTF8.self))
      }
      guard let (key, list) = inner, let first = tape.elements(list).first else { break }
      path += (path.isEmpty ? "" : ".") + JSONFields.step(key) + "[*]"
      value = first
    }
    return path.isEmpty ? nil : path
  }
}

/// The paths of the texts in JSON records.
enum JSONFields {
  /// The paths of all records, in the order of their first occurrence.
  static func names(_ rows: some Sequence<DataRow>) -> [String] {
    var (seen, result) = (Set<String>(), [String]())
    for row in rows {
      guard case .value(let tape, let record, let around) = row.content else { continue }
      for name in names(record, tape, "", depth: 0) + around.flatMap({ scalars($0, tape) })
      where seen.insert(name).inserted { result.append(name) }
    }
    return result
  }

  /// A key as a step of a path.
  static func step(_ key: [UInt8]) -> String {
    let text = String(decoding: key, as: UTF8.self)
    return key.contains { ".[]".utf8.contains($0) } ? "[\"\(text)\"]" : text
  }

  private static func scalars(_ value: JSONTape.Value, _ tape: JSONTape) -> [String] {
    tape.members(value).filter { ![.array, .object].contains(tape.kind($0.value)) }.map { step($0.key) }
  }

  private static func names(_ value: JSONTape.Value, _ tape: JSONTape, _ path: String, depth: Int) -> [String] {
    switch tape.kind(value) {
    case .null, .bool, .number, .string: return path.isEmpty ? [] : [path]
    case .object:
      guard depth < 4 else { return [] }
      return tape.members(value).filter { !$0.key.isEmpty }.flatMap { key, value in
        let step = step(key)
        return names(
          value, tape, path.isEmpty || step.hasPrefix("[") ? path + step : path + "." + step, depth: depth + 1)
      }
    case .array:
      guard !path.contains("[*]"), !path.isEmpty, let first = tape.elements(value).first, tape.kind(first) != .array
      else { return [] }
      return names(first, tape, path + "[*]", depth: depth + 1)
    }
  }
}
