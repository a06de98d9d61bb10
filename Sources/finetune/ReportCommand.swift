import ArgumentParser
import Report
import Support

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "What runs and grids found, as a page, Markdown, CSV and LaTeX.",
    discussion: """
      Example:
        finetune report GRID runs/cola-fira-20260131-120000 --output REPORT
      Reads the folders of runs and grids, folders that hold such folders, and foreign results: trainer_state.json and \
      all_results.json of transformers, and the evaluation harness's results. Writes report.html (one file that loads \
      nothing), report.md, report.csv (every cell) and report.tex (booktabs). Equal input gives equal bytes. A folder that \
      cannot be read is named in the report, and the others are reported.
      """)

  @Argument(help: ArgumentHelp("Folders to read.", valueName: "dir")) var folders: [String]
  @Option(parsing: .unconditional, help: "A new folder for the report.") var output: String
  @Flag(help: "Replace an earlier report in that folder.") var overwrite = false

  func run() throws {
    let report = try Report(folders)
    for problem in report.problems { Console.note("warning: \(problem)") }
    try report.write(to: output, overwrite: overwrite, sources: folders)
    try Console.output("\(output)/report.html")
  }
}
