/// A table of the report, of which each form of output makes its own.
struct Table {
  struct Column {
    let title: String
    var isNumber = false
    init(_ title: String, isNumber: Bool = false) { (self.title, self.isNumber) = (title, isNumber) }
  }

  struct Entry: ExpressibleByStringLiteral {
    var text: String
    /// What the entry is sorted by, where the text does not say it.
    var key: Double?
    var isStrong = false

    init(_ text: String, key: Double? = nil, isStrong: Bool = false) {
      (self.text, self.key, self.isStrong) = (text, key, isStrong)
    }
    init(stringLiteral text: String) { self.text = text }

    /// A number, or a dash where there is none.
    static func number(_ value: Double?, _ format: (Double) -> String) -> Entry {
      value.map { Entry(format($0), key: $0) } ?? "–"
    }
    static func bytes(_ value: Int?) -> Entry {
      value.map { Entry(Format.mebibytes($0), key: Double($0)) } ?? "–"
    }
  }

  /// Names the table among the page's elements; letters, digits and hyphens.
  let id: String
  let caption: String
  let columns: [Column]
  var rows: [[Entry]]
  /// Whether the page offers to sort the rows and to filter them by text.
  var isSortable = false
  var isFilterable = false
}

/// A part of the report in the order of reading.
enum Block {
  case heading(Int, String, id: String)
  case text(String)
  case list([String])
  case table(Table)
  /// A chart with the names of its lines; only the page shows it.
  case figure(Plot)
  /// What the page shows folded.
  case details(String, [Block])
  /// What only the page has: trusted markup that works with its script.
  case markup(String)
}
