/// The report as Markdown with GitHub's tables. Charts are the page's alone.
enum MarkdownWriter {
  static func text(_ blocks: [Block]) -> String { blocks.map(text).joined() }

  private static func text(_ block: Block) -> String {
    switch block {
    case .heading(let level, let title, _):
      return String(repeating: "#", count: level) + " " + Format.markdown(title) + "\n\n"
    case .text(let text): return Format.markdown(text) + "\n\n"
    case .list(let items): return items.map { "- " + Format.markdown($0) + "\n" }.joined() + "\n"
    case .table(let table): return MarkdownWriter.table(table)
    case .details(let title, let blocks): return "**" + Format.markdown(title) + "**\n\n" + text(blocks)
    case .figure, .markup: return ""
    }
  }

  private static func table(_ table: Table) -> String {
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
    var out = Format.markdown(table.caption) + "\n\n"
    out += line(table.columns.map { Format.markdown($0.title) })
    out += line(table.columns.map { $0.isNumber ? "---:" : "---" })
    for row in table.rows {
      out += line(row.map { $0.isStrong ? "**\(Format.markdown($0.text))**" : Format.markdown($0.text) })
    }
    return out + "\n"
  }
}
