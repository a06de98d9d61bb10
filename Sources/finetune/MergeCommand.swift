import ArgumentParser
import Support
import Training

struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Add an adapter to the weights of its checkpoint, and save a whole checkpoint.",
    discussion: """
      Example:
        finetune merge --model RUN/model --output MERGED
      The merged checkpoint needs no adapter: evaluate, predict, run and transformers load it as any other.
      """)

  @Option(parsing: .unconditional, help: "The folder of the adapter, in peft's layout.") var model: String
  @Option(
    parsing: .unconditional, help: "The checkpoint that the adapter belongs to (default: the one that it names).")
  var base: String?
  @Option(parsing: .unconditional, help: "The folder to write, new or empty.") var output: String

  func run() throws {
    try AdapterMerge.merge(model, base: base, to: output)
    try Console.output("merged checkpoint: \(output)")
  }
}
