import Foundation
import Support

/// Formats tables and numbers as plain text for a terminal.
enum TextTable {
  /// A table whose columns are two spaces apart. The first column is left-aligned, the others are right-aligned.
  static func text(header: [String], rows: [[String]]) -> String {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + padding : padding + row[column]
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  static func fixed(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

  /// A duration as `1:02:03` (from one hour on) or `2:03`.
  static func clock(_ seconds: Double) -> String {
    let total = Int(min(max(0, seconds), 1e8).rounded())
    let (hours, minutes, rest) = (total / 3_600, total / 60 % 60, total % 60)
    return hours > 0 ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
  }

  static func mebibytes(_ bytes: Int) -> String { fixed(Mebibytes.of(bytes), 1) + " MiB" }
}
