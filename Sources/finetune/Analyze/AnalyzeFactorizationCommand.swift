import Analysis
import ArgumentParser
import Memory
import Support
import Tensors
import Training

struct AnalyzeFactorizationCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "factorization",
    abstract: "Error and time of the rank-1 rule, S-RSI and LAPACK's SVD over ranks, and the spectrum.",
    discussion: """
      Examples:
        finetune run --task cola --capture second-moments@100,500 --output RUN
        finetune analyze factorization --input RUN --step 100 --ranks 1,2,4,8 --output DIR
        finetune analyze factorization --input MATRICES.safetensors
      Writes factorization.json and factorization.svg to the output folder.
      """)

  @Option(parsing: .unconditional, help: "A safetensors file of matrices, or the folder of a run with --capture.")
  var input: String
  @Option(parsing: .unconditional, help: "Which capture of the run (default: its last).") var step: Int?
  @Option(parsing: .unconditional, help: "Ranks, separated by commas (default: powers of two up to 128).")
  var ranks: String?
  @Option(parsing: .unconditional, help: "Subspace iterations of S-RSI (default: 5).") var iterations: Int?
  @Option(parsing: .unconditional, help: "Columns that S-RSI draws beyond the rank (default: 5).") var oversampling:
    Int?
  @Option(parsing: .unconditional, help: "Sketches to average errors over (default: 3).") var repeats: Int?
  @Option(parsing: .unconditional, help: "Seed of the sketches (default: 42).") var seed: UInt64?
  @Option(
    parsing: .unconditional, help: "Threads (default: 1, so that times compare: LAPACK's decomposition has no more).")
  var threads: Int?
  @Option(
    parsing: .unconditional, help: "Output folder, new or empty (default: runs/analyze-factorization-<time>).")
  var output: String?
  @Flag(help: "Replace the analysis in the output folder.") var overwrite = false
  @Flag(help: "No progress.") var quiet = false
  @Flag(help: "Print the analysis as JSON on standard output.") var json = false

  func run() throws {
    var options = FactorizationAnalysis.Options()
    options.ranks = try ranks.map(AnalyzeFactorizationCommand.list)
    options.iterations = try within("--iterations", iterations, 1...1_000) ?? options.iterations
    options.oversampling = try within("--oversampling", oversampling, 0...10_000) ?? options.oversampling
    options.repeats = try within("--repeats", repeats, 1...1_000) ?? options.repeats
    options.seed = seed ?? options.seed
    let threads = try within("--threads", threads, 1...1_024) ?? 1
    let matrices = try CapturedMatrices(input, step: step)
    let folder = try OutputFolder(
      output, orNewOf: "analyze", "factorization", overwrite ? .overwrite : .new, sources: [input])
    ThreadPool.shared.configure(threads: threads)
    try ProgramMemory.requireAddressSpace()
    let analysis = try FactorizationAnalysis.run(matrices, options) { text in
      if !quiet, !json { Console.note(text) }
    }
    let found = analysis.json(threads: threads, blas: MatrixProduct.blasName, command: ProgramArguments.all)
    try AnalysisFiles.write(found, name: "factorization.json", to: folder.path)
    try AnalysisFiles.write(analysis.svg, name: "factorization.svg", to: folder.path)
    try Console.output(kept: folder.path) {
      json ? found.serialized() : PathText.bytes(table(analysis) + "\noutput  \(folder.path)\n")
    }
  }

  private func table(_ analysis: FactorizationAnalysis) -> String {
    let methods = FactorizationMethod.allCases
    let header = ["rank"] + methods.map { "\($0.title): error" } + methods.map { "\($0.rawValue): s" }
    let errors = methods.map { analysis.mean($0, \.errors) }
    let seconds = methods.map { analysis.mean($0, \.seconds) }
    let rows = analysis.ranks.indices.map { index in
      ["\(analysis.ranks[index])"] + errors.map { TextTable.fixed($0[index], 5) }
        + seconds.map { TextTable.fixed($0[index], 5) }
    }
    return TextTable.text(header: header, rows: rows)
      + "\nmeans of \(analysis.common.count) of \(analysis.matrices.count) matrices: those that admit every rank"
  }

  private static func list(_ text: String) throws -> [Int] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let rank = Int(part), rank >= 1 else {
        throw AnalysisError.badOption(
          name: "--ranks", found: "\"\(text)\"", expected: "integers of at least 1, e.g. 1,2,4")
      }
      return rank
    }
  }

  private func within(_ name: String, _ value: Int?, _ range: ClosedRange<Int>) throws -> Int? {
    guard let value, !range.contains(value) else { return value }
    throw AnalysisError.badOption(
      name: name, found: "\(value)", expected: "an integer from \(range.lowerBound) to \(range.upperBound)")
  }
}
