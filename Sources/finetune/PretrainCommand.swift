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

  enum Pretrain: SettingCommand {
    static let settings = Setting.Commands.pretrain
  }

  @OptionGroup var options: TrainingOptions<Pretrain>

  func run() throws {
    let settings = try options.settings()
    try RunPresentation.present(settings)
  }
}
