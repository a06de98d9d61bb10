/// Tab-separated text in GLUE's manner: nothing is quoted, so a field may hold quotation marks but no tab.
enum TabSeparated {
  static func text(header: String, _ rows: [[String]], finalNewline: Bool = true) -> String {
    let lines = ([header.split(separator: " ").map(String.init)] + rows).map { $0.joined(separator: "\t") }
    return lines.joined(separator: "\n") + (finalNewline ? "\n" : "")
  }

  /// The rows with their numbers, from 0, as their first column.
  static func numbered(_ rows: [[String]]) -> [[String]] {
    rows.enumerated().map { [String($0.offset)] + $0.element }
  }
}
