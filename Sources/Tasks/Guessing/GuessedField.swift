import Support

/// A column of a table, or a path in JSON records, with what its values look like.
struct GuessedField {
  /// How `task.yaml` names it.
  let name: String
  /// How the rows that were read name it, which differs for a table whose first row turned out to be a header.
  let path: FieldPath
  /// The different values with their numbers; no more than ``most`` are kept.
  private(set) var counts: [[UInt8]: Int] = [:]
  /// Whether there are more different values than were kept.
  private(set) var isOpen = false
  /// Number of values that are not empty.
  private(set) var filled = 0
  /// Number of rows with an empty value or none.
  private(set) var missing = 0
  /// Whether every value is a number.
  private(set) var isNumber = true
  /// Whether some value is a number with decimals other than zeros.
  private(set) var hasDecimals = false
  /// The most values in one row.
  private(set) var mostInRow = 0
  private var bytes = 0

  private static let most = 1_000

  init(name: String, path: FieldPath) { (self.name, self.path) = (name, path) }

  mutating func add(_ row: DataRow) {
    let values = values(row)
    if !values.contains(where: { !$0.isEmpty }) { missing += 1 }
    mostInRow = max(mostInRow, values.count)
    for value in values where !value.isEmpty {
      filled += 1
      bytes += value.count
      if !isOpen || counts[value] != nil { counts[value, default: 0] += 1 }
      if counts.count > GuessedField.most { (isOpen, counts) = (true, [:]) }
      guard isNumber else { continue }
      if value.count < 40, let number = Double(String(decoding: value, as: UTF8.self)), number.isFinite {
        if number != number.rounded() { hasDecimals = true }
      } else {
        isNumber = false
      }
    }
  }

  /// The values of a row: none, one, or several of a list.
  func values(_ row: DataRow) -> [[UInt8]] { ((try? row.texts(path)) ?? nil) ?? [] }

  /// The name without what stands around it: `question.choices[*].text` is `text`, `gold_label` is `goldlabel`.
  var key: String {
    let last = name.split(whereSeparator: { ".[]\"*".contains($0) }).last.map(String.init) ?? name
    return String(
      last.lowercased().unicodeScalars.filter { $0.properties.isAlphabetic || $0.properties.numericType != nil })
  }

  /// The mean length of a value in bytes.
  var meanLength: Int { filled == 0 ? 0 : bytes / filled }
  var isPlural: Bool { path.isPlural }

  /// Whether its values are few and repeat, as labels do.
  var hasFewValues: Bool {
    !isOpen && !isPlural && counts.count >= 2 && counts.count <= 50 && counts.count * 2 <= filled && meanLength <= 60
  }

  /// Whether a field that is named as labels are can be one. In a short file, labels may not repeat yet.
  var looksLikeLabels: Bool { hasFewValues || isNumber || filled < 20 && counts.count >= 2 }

  /// The different values, numbers by size and texts by the alphabet.
  var values: [(value: [UInt8], count: Int)] {
    counts.map { (value: $0.key, count: $0.value) }.sorted { left, right in
      if isNumber, let first = Double(String(decoding: left.value, as: UTF8.self)),
        let second = Double(String(decoding: right.value, as: UTF8.self)), first != second
      {
        return first < second
      }
      return left.value.lexicographicallyPrecedes(right.value)
    }
  }
}
