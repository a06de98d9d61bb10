import Analysis
import ArgumentParser
import Foundation
import Training

struct AnalyzeRankCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rank", abstract: "The ranks that Adapprox chooses along a run, and the error ratios that they leave.",
    discussion: """
      Example:
        finetune analyze rank --task cola --model DIR --data GLUE/CoLA -O rank-rule=paper --max-steps 200
      Takes every option of run, and does that run, with Adapprox. Writes rank.json and rank.svg to its output folder. \
      Error ratios are those of the factors against the second moment itself.
      """)

  @OptionGroup var options: RunOptions

  func run() throws {
    let settings = try options.settings(watching: ["adapprox"])
    let observer = RankObserver()
    try RunPresentation.present(
      settings, observer: observer,
      analysis: { folder in
        let report = try RankReport(observer)
        try AnalysisFiles.write(report.json, name: "rank.json", to: folder)
        try AnalysisFiles.write(report.svg, name: "rank.svg", to: folder)
        return (report.summary, AnalyzeRankCommand.table(report))
      }
    )
  }

  private static func table(_ report: RankReport) -> String {
    let rows = report.rows.map { row in
      [
        row.name, "\(row.largest)", "\(row.first)", TextTable.fixed(row.mean, 1), "\(row.last)",
        String(format: "%.3g", row.error),
      ]
    }
    return TextTable.text(header: ["matrix", "largest", "first", "mean", "last", "last error"], rows: rows)
      + "\nsecond moments of these matrices: \(TextTable.mebibytes(report.bytes.last ?? 0)), "
      + "kept whole \(TextTable.mebibytes(report.denseBytes))"
  }
}
