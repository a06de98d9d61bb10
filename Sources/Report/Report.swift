import Results
import Support

/// A report on runs and grids: a page, Markdown, CSV and LaTeX. Equal input gives equal bytes: nothing in it depends on the
/// time, on the order in which folders were named, or on chance.
package struct Report {
  private let input: ReportInput
  private let tasks: [TaskReport]

  /// - Parameter paths: folders of runs or grids, or foreign results. A `grid.json` stands for its folder.
  /// - Throws: ``ReportError/nothing(problems:isMissing:)`` where there is nothing to report.
  package init(_ paths: [String]) throws(ReportError) {
    input = try ReportInput(paths)
    tasks = TaskReport.all(input.cells)
  }

  /// What is wrong with single folders, for the user to read at once.
  package var problems: [String] { input.problems }
  package var cellCount: Int { input.cells.count }
  /// Cells and foreign scores.
  var size: Int { input.cells.count + input.foreign.count }

  /// The files of the report with their contents.
  package var files: [(name: String, bytes: [UInt8])] {
    let content = content
    let html = HTMLWriter.text(title: title, content.page, data: content.cells.data)
    let latex = LatexWriter.text(content.tables, notes: content.honesty)
    return [
      ("report.html", Array(html.utf8)), ("report.md", Array(MarkdownWriter.text(content.blocks).utf8)),
      ("report.csv", Array(content.cells.csv.utf8)), ("report.tex", Array(latex.utf8)),
    ]
  }

  /// The page as it is served.
  var livePage: LivePage {
    let content = content
    return LivePage(title: title, blocks: content.page, data: content.cells.data)
  }

  private struct Content {
    /// What every form of the report has, and what the page has.
    let (blocks, page): ([Block], [Block])
    let tables: [(String, Table)]
    let honesty: [String]
    let cells: CellTable
  }

  private var content: Content {
    var names: [String] = []
    for name in tasks.flatMap({ $0.arms.map(\.name) }) where !names.contains(name) { names.append(name) }
    let looks = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    let sections = tasks.enumerated().map { index, task in
      TaskSection(task: task, title: task.title(among: tasks), id: "task-\(index + 1)", looks: looks)
    }
    let honesty = Honesty(input: input, tasks: tasks).items
    let cells = CellTable(input: input)
    var blocks: [Block] = [.heading(1, title, id: "top"), .text(summary)]
    blocks += [
      .markup("<section class=\"box\" aria-labelledby=\"honesty\">\n"),
      .heading(2, "Before you believe this", id: "honesty"),
      .list(honesty), .markup("</section>\n"),
    ]
    blocks += sections.flatMap(\.blocks)
    blocks += AcrossSection(tasks: tasks).blocks
    blocks += ForeignSection(rows: input.foreign).blocks
    var page = blocks
    if !input.cells.isEmpty {
      page += [.heading(2, "Every cell", id: "every-cell"), .table(cells.table)]
    }
    if input.cells.count > 1 {
      page += [.heading(2, "Two cells compared", id: "two-cells"), .markup(CellTable.comparison)]
    }
    return Content(
      blocks: blocks, page: page, tables: sections.map { ($0.title, $0.main.table) }, honesty: honesty, cells: cells)
  }

  private var title: String {
    let names = Set(tasks.map(\.name)).sorted()
    return names.isEmpty ? "Foreign results" : "Fine-tuning results: " + names.joined(separator: ", ")
  }

  private var summary: String {
    let optimizers = Set(input.cells.map(\.optimizer)).count
    let done = input.cells.count { $0.status == .completed }
    var text = "\(Plural.count(input.cells.count, "cell")), \(done) completed: \(Plural.count(tasks.count, "task")), "
    text += "\(Plural.count(optimizers, "optimizer")), \(Plural.count(Set(input.cells.map(\.seed)).count, "seed"))."
    if !input.foreign.isEmpty { text += " \(Plural.count(input.foreign.count, "foreign score"))." }
    return text
  }

  /// Writes the report into a new folder, or over an earlier report.
  ///
  /// - Parameter sources: what the report was made from.
  /// - Throws: ``ReportError`` where the folder holds anything else, or `FileError`.
  package func write(to folder: String, overwrite: Bool, sources: [String]) throws {
    let files = files
    if try !Files.makeNewFolder(folder) {
      guard Files.isFolder(folder) else {
        throw FileError.cannotCreate(path: folder, reason: "a file of that name exists")
      }
      if sources.contains(where: { Files.isSame($0, folder) }) { throw ReportError.outputIsInput(path: folder) }
      let entries = try Files.entries(folder)
      if !entries.isEmpty {
        guard overwrite else { throw ReportError.outputNotEmpty(path: folder) }
        // A report killed while it wrote leaves a temporary file.
        if let other = entries.first(where: { entry in
          !files.contains { entry == $0.name || entry.hasPrefix($0.name + ".tmp-") }
        }) {
          throw ReportError.outputHoldsOther(path: folder, name: other)
        }
        for entry in entries where entry.contains(".tmp-") { try Files.remove(folder + "/" + entry) }
      }
    }
    for file in files { try Files.writeAtomically(folder + "/" + file.name, file.bytes) }
  }
}
