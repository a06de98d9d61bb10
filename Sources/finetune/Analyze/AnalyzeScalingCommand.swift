import Analysis
import ArgumentParser
import Foundation
import Training

struct AnalyzeScalingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scaling",
    abstract: "Fira's scaling factors of projected, residual and full gradients along a run, and how alike they are.",
    discussion: """
      Example:
        finetune analyze scaling --task cola --model DIR --data GLUE/CoLA --optimizer fira -O rank=8 --max-steps 200
      Takes every option of run, and does that run. Writes scaling.json, scaling-matrices.svg and scaling-columns.svg to \
      its output folder. Needs four more numbers for each element of the projected matrices.
      """)

  @Option(parsing: .unconditional, help: "First steps to leave out of the averages (default: 0).") var skip: Int?
  @OptionGroup var options: RunOptions

  func run() throws {
    let settings = try options.settings(watching: ["fira", "fira-only-scaling"])
    let skipped = skip ?? 0
    guard skipped >= 0 else {
      throw AnalysisError.badOption(name: "--skip", found: "\(skipped)", expected: "an integer of at least 0")
    }
    let observer = ScalingObserver(skipping: skipped)
    try RunPresentation.present(
      settings, observer: observer,
      analysis: { folder in
        let report = try ScalingReport(observer, optimizer: settings.optimizer)
        try AnalysisFiles.write(report.json, name: "scaling.json", to: folder)
        for level in ScalingReport.Level.allCases {
          try AnalysisFiles.write(report.svg(level), name: "scaling-\(level.rawValue).svg", to: folder)
        }
        return (report.summary, AnalyzeScalingCommand.table(report))
      }
    )
  }

  private static func table(_ report: ScalingReport) -> String {
    let rows = ScalingReport.Level.allCases.flatMap { level in
      GradientPart.pairs.indices.map { index -> [String] in
        let pair = GradientPart.pairs[index]
        let means = Agreement.measures.map {
          String(format: "%.4g", report.meanOverSteps(level, pair: index, $0.path))
        }
        return ["\(level.rawValue): \(pair.left.rawValue), \(pair.right.rawValue)"] + means
      }
    }
    return TextTable.text(header: ["mean over steps"] + Agreement.measures.map(\.name), rows: rows)
  }
}
