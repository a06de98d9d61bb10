import ArgumentParser
import Support
import Training

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Tell what a checkpoint is, and why a run would refuse it.",
    discussion: """
      Examples:
        finetune inspect DIR
        finetune inspect DIR --text "The cat sat." --text "Le chat."
      Shows family, heads and sizes, what the weights are stored in, the files, the tokenizer with its special tokens, an
      adapter's settings, and every fault that is found, not only the first. The weights themselves are not read, so that
      one that is not finite is found by a run only. With --text, ids, pieces and the bytes of the text that they cover.
      Ends with status 65 where there are faults, 66 where files are only missing, else 0.
      """)

  @Argument(help: "A folder of a checkpoint or an adapter, or the name of one under checkpoints/.") var model: String
  @Option(
    parsing: .unconditional, help: "The checkpoint that an adapter belongs to (default: the one that it names).")
  var base: String?
  @Option(parsing: .unconditionalSingleValue, help: "A text to tokenize; may be given several times.")
  var text: [String] = []
  @Option(parsing: .unconditional, help: "A file whose lines are texts to tokenize; empty lines are passed over.")
  var textFile: String?
  @Flag(help: "Print the result as JSON on standard output.") var json = false

  func run() throws {
    ThreadPool.shared.configure(threads: ThreadPool.availableProcessors)
    let inspection = try CheckpointInspection(model, base: base, texts: text.map { Array($0.utf8) } + lines())
    try json ? Console.output(inspection.json.serialized()) : Console.output(InspectText.text(inspection))
    let faults = inspection.faults
    guard !faults.all.isEmpty else { return }
    Console.note("error: \(inspection.path): \(Plural.count(faults.all.count, "fault")); a run would stop at the first")
    throw ExitCode(faults.status.rawValue)
  }

  private func lines() throws -> [[UInt8]] {
    guard let textFile else { return [] }
    return try Files.read(textFile, limit: 1 << 24).split(separator: UInt8(ascii: "\n")).map { line in
      Array(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
    }.filter { !$0.isEmpty }
  }
}
