/// The main tables as LaTeX with the package booktabs, to be put into a paper with `\input`.
enum LatexWriter {
  /// - Parameter notes: comments above the tables, e.g. what the reader of the figures must know.
  static func text(_ tables: [(title: String, table: Table)], notes: [String]) -> String {
    var out = "% Made by finetune report. Needs \\usepackage{booktabs}.\n"
    for note in notes { out += "% \(Format.plain(note))\n" }
    // A paper has little room: what a table tells of costs stays, warnings do not.
    let kept = [
      "optimizer", "best rate", "score", "n", "state MiB", "peak MiB", "tokens/s", "s to best", "rate window",
    ]
    for (index, entry) in tables.enumerated() {
      let table = entry.table
      let columns = table.columns.indices.filter { kept.contains(table.columns[$0].title) }
      let form = columns.map { table.columns[$0].isNumber ? "r" : "l" }.joined()
      out += "\n\\begin{table}\n\\centering\n\\caption{\(Format.latex(entry.title + ": " + table.caption)).}\n"
      out += "\\label{tab:finetune-\(index + 1)}\n\\begin{tabular}{\(form)}\n\\toprule\n"
      out += line(columns.map { Format.latex(table.columns[$0].title) }) + "\\midrule\n"
      for row in table.rows {
        out += line(
          columns.map { column in
            let text = Format.latex(row[column].text)
            return row[column].isStrong ? "\\textbf{\(text)}" : text
          })
      }
      out += "\\bottomrule\n\\end{tabular}\n\\end{table}\n"
    }
    return out
  }

  private static func line(_ cells: [String]) -> String { cells.joined(separator: " & ") + " \\\\\n" }
}
