import ArgumentParser
import Training

/// Options that training has whatever it trains for, as text: one table, ``SettingKey``, says what each takes, here and
/// in a `--config` file.
struct TrainingOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: "YAML or JSON file of options, keys in snake case; a flag beats the file.")
  var config: String?
  @Option(parsing: .unconditional, help: "See: finetune list optimizers (default: adamw).") var optimizer: String?
  @Option(
    name: [.customShort("O"), .customLong("optimizer-option")], parsing: .unconditionalSingleValue,
    help: ArgumentHelp("An option of the optimizer; may be repeated.", valueName: "key=value"))
  var optimizerOption: [String] = []
  @Option(parsing: .unconditional, help: "Peak rate (default: the checkpoint's, task's or optimizer's preset).")
  var learningRate: String?
  @Option(parsing: .unconditional, help: "linear, cosine or constant after warm-up (default: linear).") var schedule:
    String?
  @Option(parsing: .unconditional, help: "Warm-up as a share of all steps (default: 0.06).") var warmupRatio: String?
  @Option(parsing: .unconditional, help: "Warm-up in steps, instead of a share.") var warmupSteps: String?
  @Option(parsing: .unconditional, help: "Sequences in a forward pass (default: 32).") var batchSize: String?
  @Option(parsing: .unconditional, help: "Batches in an optimizer step (default: 1).") var accumulate: String?
  @Option(
    parsing: .unconditional, help: "Passes over the training data (default: the checkpoint's or task's preset, else 1)."
  )
  var epochs: String?
  @Option(parsing: .unconditional, help: "Optimizer steps; beats epochs.") var maxSteps: String?
  @Option(parsing: .unconditional, help: "Longest sequence in tokens (default: the task's preset).") var maxLength:
    String?
  @Option(parsing: .unconditional, help: "Weight decay, not applied to biases and norms (default: 0).") var weightDecay:
    String?
  @Option(parsing: .unconditional, help: "Largest global gradient norm, 0 for none (default: 1.0).") var gradientClip:
    String?
  @Option(parsing: .unconditional, help: "Overrides every dropout of the checkpoint's config.") var dropout: String?
  @Flag(help: "Fresh weights of the checkpoint's shape.") var randomInit = false
  @Option(parsing: .unconditional, help: "Seed of every random choice (default: 42).") var seed: String?
  @Flag(help: "Keep the order of the training file.") var noShuffle = false
  @Option(parsing: .unconditional, help: "Threads (default: all cores).") var threads: String?
  @Option(parsing: .unconditional, help: "epoch, or a number of steps (default: epoch).") var evalEvery: String?
  @Option(
    parsing: .unconditional,
    help: "Write the second moments of all matrices after these steps, e.g. second-moments@100,500.")
  var capture: String?
  @Option(parsing: .unconditional, help: "Output folder, new or empty (default: runs/<what>-<optimizer>-<time>).")
  var output: String?
  @Flag(help: "Replace the run in the output folder; not for grid.") var overwrite = false
  @Flag(help: "Run even what the plan says cannot fit in memory.") var force = false
  @Option(parsing: .unconditional, help: "Which model to save: none, last or best (default: best).") var save: String?
  @Flag(help: "No progress.") var quiet = false
  @Flag(help: "Print the result as JSON on standard output.") var json = false

  /// The file's settings, with the flags on top.
  ///
  /// - Parameter own: the command's own options by key, `nil` where not given.
  func settings(_ command: RunSettings.Command, own: [(key: String, text: String?)]) throws -> RunSettings {
    var settings = RunSettings(command)
    if let config { try SettingsFile.apply(config, to: &settings) }
    // One of a pair given as a flag beats the other of the pair in the file.
    if warmupRatio != nil || warmupSteps != nil { settings.warmupSteps = nil }
    if epochs != nil || maxSteps != nil { (settings.epochs, settings.maximumSteps) = (nil, nil) }
    if warmupRatio != nil, let warmupSteps {
      throw TrainingError.badSetting(
        origin: "--warmup-steps", key: "warmup_steps", found: "\(warmupSteps) beside --warmup-ratio",
        expected: "one of the two")
    }
    let given: [(key: String, text: String?)] = [
      ("optimizer", optimizer), ("learning_rate", learningRate), ("schedule", schedule),
      ("warmup_ratio", warmupRatio), ("warmup_steps", warmupSteps), ("batch_size", batchSize),
      ("accumulate", accumulate), ("epochs", epochs), ("max_steps", maxSteps), ("max_length", maxLength),
      ("weight_decay", weightDecay), ("gradient_clip", gradientClip), ("dropout", dropout),
      ("random_init", randomInit ? "true" : nil), ("seed", seed), ("no_shuffle", noShuffle ? "true" : nil),
      ("threads", threads), ("eval_every", evalEvery), ("capture", capture), ("output", output),
      ("overwrite", overwrite ? "true" : nil), ("force", force ? "true" : nil), ("save", save),
      ("quiet", quiet ? "true" : nil), ("json", json ? "true" : nil),
    ]
    try SettingKey.set(flags: own + given, in: &settings)
    if learningRate != nil { settings.learningRateSource = "flag" }
    for option in optimizerOption { try settings.addOptimizerOption(option, origin: "--optimizer-option") }
    return settings
  }
}

/// The options of `run`.
struct RunOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: "A folder of tasks/, or a path to a task.yaml.") var task: String?
  @Option(parsing: .unconditional, help: "A Hugging Face style folder, or a name under checkpoints/ (default: demo).")
  var model: String?
  @Option(
    parsing: .unconditional,
    help: "Folder of the benchmark's official files (default: the task's data/, else its sample/).")
  var data: String?
  @Option(parsing: .unconditional, help: "Train on the first N examples only.") var trainLimit: String?
  @Option(parsing: .unconditional, help: "Evaluate on the first N examples only.") var evalLimit: String?
  @OptionGroup var training: TrainingOptions

  func settings() throws -> RunSettings {
    try training.settings(
      .run,
      own: [
        ("task", task), ("model", model), ("data", data), ("train_limit", trainLimit), ("eval_limit", evalLimit),
      ])
  }
}
