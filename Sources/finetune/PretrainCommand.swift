import ArgumentParser
import Training

struct PretrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pretrain", abstract: "Train a causal language model on plain text.",
    discussion: """
      Example:
        finetune pretrain --model checkpoints/demo --random-init --text text.txt --epochs 2 --learning-rate 3e-3
      Fresh weights for a config.json, or a checkpoint trained further. Writes results.json with train and held-out \
      perplexity, train_log.jsonl, and model/, which --model and transformers load.
      """)

  @Option(parsing: .unconditional, help: "Plain text in UTF-8.") var text: String?
  @Option(
    parsing: .unconditional,
    help: "A folder with config.json, and weights to go on from; a name under checkpoints/; or a config.json.")
  var model: String?
  @Option(parsing: .unconditional, help: "Folder of the tokenizer files (default: the model's).") var tokenizer: String?
  @Option(parsing: .unconditional, help: "What ends a document: line or blank-line (default: line).") var documents:
    String?
  @Option(
    parsing: .unconditional,
    help: """
      documents: each document is a sequence of its own, cut where it is longer than --max-length; blocks: documents are \
      joined and cut into blocks (default: documents).
      """)
  var packing: String?
  @Option(parsing: .unconditional, help: "Share of the documents held out, for perplexity (default: 0.02).")
  var heldOut: String?
  @Option(parsing: .unconditional, help: "Replaces the config's vocab_size; only with fresh weights.") var vocabSize:
    String?
  @OptionGroup var training: TrainingOptions

  func run() throws {
    let settings = try training.settings(
      .pretrain,
      own: [
        ("text", text), ("model", model), ("tokenizer", tokenizer), ("documents", documents), ("packing", packing),
        ("held_out", heldOut), ("vocab_size", vocabSize),
      ])
    try RunPresentation.present(settings) { display in
      let pretraining = try Pretraining(settings, command: CommandLine.arguments, observer: display)
      return (pretraining.output.path, pretraining.execute)
    }
  }
}
