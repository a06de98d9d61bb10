import Models
import Support
import Tasks
import Tensors

/// All options of the commands that train or score, before presets fill in those that were not given.
///
/// A new option needs a property here and an entry in ``Setting/all`` below.
package struct RunSettings: Sendable {
  package let command: Setting.Commands
  /// The settings that the user gave. Each key occurs once, and each ``ExclusiveGroup`` has at most one setting.
  package internal(set) var given: [GivenSetting] = []

  package var task: String?
  package var model = "demo"
  package var data: String?
  package var trainLimit: Int?
  package var evaluationLimit: Int?
  package var newHead = false
  /// The format of the task's data; `nil` for the task's own.
  package var format: String?
  /// How the task is trained and scored; `nil` for the usual way.
  package var taskProtocol: ProtocolKind?
  /// A file of the user's own to predict, in place of a split.
  package var input: String?
  /// The split to score or to predict; `nil` for the dev or test splits.
  package var split: String?
  /// Whether a language model is also trained on the tokens of contexts and prompts.
  package var trainOnPrompt = false
  /// Number of beams of generated answers.
  package var beams = 1
  /// Number of tokens that neighbouring windows of a passage share; `nil` for 128 or what fits the windows.
  package var docStride: Int?
  /// The most tokens of an answer in a passage.
  package var maximumAnswerLength = 30
  /// How much the score of no answer must exceed that of the best answer.
  package var nullScoreThreshold = 0.0

  /// Path of the text that `pretrain` trains on. The options up to ``heldOut`` belong to `pretrain` only.
  package var text: String?
  package var tokenizer: String?
  package var documents = DocumentSeparator.line
  package var packing = Packing.documents
  /// Fraction of the documents that is held out from training.
  package var heldOut = 0.02
  /// Replaces `vocab_size` of the config; only for fresh weights.
  package var vocabularySize: Int?

  /// The checkpoint of the adapter that ``model`` names; `nil` for the one that the adapter names.
  package var base: String?
  package var method = Method.full
  package var methodOptions = MethodOptions()
  package var optimizer = "adamw"
  package var optimizerOptions: [(key: String, value: String)] = []
  package var learningRate: Double?
  package var schedule = Schedule.Shape.linear
  package var schedulePower: Double?
  package var scheduleCycles: Int?
  /// Share of the steps in which the rate of the schedule `wsd` falls.
  package var scheduleDecay: Double?
  package var warmupRatio = 0.06
  package var warmupSteps: Int?
  package var batchSize = 32
  package var accumulate = 1
  /// The most tokens that pass forward and backward at a time; `nil` for ``batchSize`` sequences at a time.
  package var tokensPerBatch: Int?
  package var epochs: Double?
  package var maximumSteps: Int?
  package var maximumLength: Int?
  package var weightDecay = 0.0
  package var layerDecay = 1.0
  /// Share of each target that is spread over all classes.
  package var labelSmoothing = 0.0
  package var classWeights: ClassWeights?
  package var gradientClip = 1.0
  package var dropout: Double?
  package var randomInit = false
  package var seed: UInt64 = 42
  package var noShuffle = false
  package var threads: Int?
  /// What the products of linear layers and attention are computed in.
  package var precision = Precision.float32
  /// What trained matrices are stored in.
  package var weights = Precision.float32
  /// What a training pass computes twice to hold less of it.
  package var recompute = Recomputation.none
  /// Whether each parameter is updated as soon as its gradient is final.
  package var updateInBackward = false
  package var evaluateEvery = EvaluationInterval.epoch
  /// Evaluations in a row without improvement after which a run ends; `nil` to take every step.
  package var earlyStopping: Int?
  package var save = SavePolicy.best
  package var capture: CaptureSetting?

  package var output: String?
  package var overwrite = false
  /// Whether to go on with the run in the output folder.
  package var resume = false
  /// When a state of the run is saved that it can be resumed from; `nil` for never.
  package var checkpointEvery: CheckpointInterval?
  /// Whether to run even if the memory plan says that the run does not fit.
  package var force = false
  /// Whether to write event files for tensorboard.
  package var tensorboard = false
  /// Where a profile of the run is written; `nil` for none.
  package var profile: String?
  package var quiet = false
  package var json = false

  package init(_ command: Setting.Commands = .run) { self.command = command }

  /// Number of threads: that of the settings, else the number of available processors.
  package var threadCount: Int { threads ?? ThreadPool.availableProcessors }

  /// The most tokens in a forward pass of an evaluation.
  package var tokensPerPass: Int { tokensPerBatch ?? TokenBudget.pass }
}

extension Setting {
  /// All options, in the order of `--help` and of the recorded configuration.
  package static let all: [Setting] = [
    .text(
      "task", \.task, "a task's name or path", in: [.run, .evaluate, .memory, .predict, .bench],
      help: "The task: a folder of tasks/, or the path of a task.yaml."),
    .text("text", \.text, "a text file", in: .pretrain, help: "The text to train on, in UTF-8."),
    .text(
      "model", \.model, "a checkpoint's name or folder", in: [.run, .pretrain, .evaluate, .memory, .predict, .bench],
      help: "A folder in Hugging Face layout, or a name under checkpoints/ (default: demo)."),
    .text(
      "data", \.data, "a folder or zip archive", in: [.run, .evaluate, .predict, .bench],
      help: """
        The folder or zip archive of the benchmark's official files, or a folder of several benchmarks; TASK=DIR for \
        one of several tasks (default: the task's data/, else its sample/).
        """),
    .text(
      "format", \.format, "the name of a format", in: [.run, .evaluate, .memory, .predict, .bench],
      help: "Another format of the task's data, e.g. llm-adapters; see: finetune list tasks."),
    .choice(
      "protocol", \.taskProtocol, in: [.run, .evaluate, .memory, .predict, .bench],
      help: """
        How the task is trained and scored: classification, regression, span, multiple-choice, likelihood or generation \
        (default: by task and by what the model is).
        """),
    .text(
      "split", \.split, "the name of a split", in: [.evaluate, .predict],
      help: """
        The split to score (default: dev) or to predict (default: test); dev stands for all whose names begin with dev_.
        """),
    .text(
      "input", \.input, "a file", in: .predict,
      help: "A file of your own in the layout of the split, in place of the benchmark's."),
    .integer(
      "train_limit", \.trainLimit, 1...unbounded, in: [.run, .bench],
      help: "Train on the first N examples only, for a trial."),
    .integer(
      "eval_limit", \.evaluationLimit, 1...unbounded, in: [.run, .evaluate, .predict],
      help: "Evaluate on the first N examples only, for a trial."),
    .integer(
      "limit", \.evaluationLimit, 1...unbounded, in: [.evaluate, .predict], help: "The same as --eval-limit."),
    .flag(
      "new_head", \.newHead, in: .run,
      help: "Make a new classifier from the seed, even where the checkpoint has one with this task's labels."),
    .flag(
      "train_on_prompt", \.trainOnPrompt, in: .run,
      help: "Train a language model on contexts and prompts too, not on answers alone."),
    .integer(
      "beams", \.beams, 1...64, in: [.run, .evaluate, .predict],
      help: "Beams of generated answers; 1 takes the likeliest token each time (default: 1)."),
    .integer(
      "doc_stride", \.docStride, 0...unbounded, in: [.run, .evaluate, .predict],
      help: """
        Tokens that neighbouring windows of a long passage share (default: 128, or a third of --max-length if that is \
        less).
        """),
    .integer(
      "max_answer_length", \.maximumAnswerLength, 1...unbounded, in: [.run, .evaluate, .predict],
      help: "The most tokens of an answer in a passage (default: 30)."),
    .number(
      "null_score_diff_threshold", \.nullScoreThreshold, "a number", in: [.run, .evaluate, .predict],
      help: "Predict no answer where its score exceeds the best answer's by more than this (default: 0)."
    ) { _ in true },
    .text(
      "tokenizer", \.tokenizer, "a folder with tokenizer files", in: .pretrain,
      help: "The folder of the tokenizer files (default: the model's)."),
    .choice(
      "documents", \.documents, in: .pretrain, help: "What ends a document: line or blank-line (default: line)."),
    .choice(
      "packing", \.packing, in: .pretrain,
      help: """
        documents: each document is a sequence of its own, cut where it is longer than --max-length; blocks: documents \
        are joined and cut into blocks (default: documents).
        """),
    .number(
      "held_out", \.heldOut, "a share above 0 and below 1", in: .pretrain,
      help: "Share of the documents held out, for perplexity (default: 0.02)."
    ) { 0 < $0 && $0 < 1 },
    .integer(
      "vocab_size", \.vocabularySize, 1...1 << 24, in: [.pretrain, .memory],
      help: "Replaces the config's vocab_size; only with fresh weights."),
    .choice(
      "method", \.method, in: [.run, .memory, .bench],
      help: """
        What is trained: full, every parameter; head, only the head (the classifier and, where the model has one, the \
        pooler), with everything below it frozen; bitfit, biases and the head; an adapter and the head: lora, \
        ia3, prefix, prompt, series or parallel; what changes while a run goes on: relora, lisa or badam; \
        see: finetune list methods (default: full).
        """),
    .text(
      "method_option", \.methodOptions, MethodOptions.expected, in: [.run, .memory, .bench],
      help: "Options of the method, with spaces between them, e.g. \"rank=8 alpha=16\"; or each with -M."),
    .text(
      "base", \.base, "a folder or a name under checkpoints/", in: [.run, .evaluate, .predict, .memory, .bench],
      help: "The checkpoint that the adapter in --model belongs to (default: the one that it names)."),
    .text(
      "optimizer", \.optimizer, "an optimizer's name; see: finetune list optimizers",
      in: [.run, .pretrain, .memory, .bench],
      help: "The optimizer; see: finetune list optimizers (default: adamw)."),
    .number(
      "learning_rate", \.learningRate, "a number above 0",
      help: "Peak learning rate (default: the preset of the checkpoint, task or optimizer)."
    ) { $0 > 0 },
    .choice(
      "schedule", \.schedule,
      help: """
        The rate after warm-up, as in transformers: linear, cosine, constant, polynomial, inverse-sqrt, \
        cosine-with-restarts, or wsd, which stays at the peak and then falls (default: linear).
        """),
    .number("schedule_power", \.schedulePower, "a number above 0", help: "Exponent of polynomial (default: 1).") {
      $0 > 0
    },
    .integer(
      "schedule_cycles", \.scheduleCycles, 1...1 << 20, help: "Cycles of cosine-with-restarts (default: 1)."),
    .number(
      "schedule_decay", \.scheduleDecay, "a share from 0 to 1",
      help: "Share of all steps, at the end, in which the rate of wsd falls (default: 0.1)."
    ) { 0 <= $0 && $0 <= 1 },
    .number(
      "warmup_ratio", \.warmupRatio, "a number from 0 to below 1",
      help: "Warm-up as a share of all steps (default: 0.06)."
    ) { 0 <= $0 && $0 < 1 },
    .integer("warmup_steps", \.warmupSteps, 0...unbounded, help: "Warm-up in steps, instead of a share."),
    .integer(
      "batch_size", \.batchSize, 1...1 << 20, in: [.run, .pretrain, .memory, .bench],
      help: "Sequences in a forward pass (default: 32)."),
    .integer(
      "accumulate", \.accumulate, 1...1 << 20, in: [.run, .pretrain, .bench],
      help: "Batches in an optimizer step (default: 1)."),
    .integer(
      "tokens_per_batch", \.tokensPerBatch, 1...1 << 30, in: [.run, .pretrain, .evaluate, .memory, .predict, .bench],
      help: """
        The most tokens in a forward pass, which bounds memory. A training step still takes batch size times \
        accumulate examples, whole and at least one at a time; their gradient is the same (default: batch size \
        sequences in training, 4096 tokens in evaluation).
        """),
    .number(
      "epochs", \.epochs, "a number above 0",
      help: "Passes over the training data (default: the preset of the checkpoint or task, else 3; 1 for pretraining)."
    ) { $0 > 0 && $0 < 1e6 },
    .integer(
      "max_steps", \.maximumSteps, 1...unbounded,
      help: "Optimizer steps, in place of epochs; they count where both are given."),
    .integer(
      "max_length", \.maximumLength, 2...unbounded, in: [.run, .pretrain, .evaluate, .memory, .predict, .bench],
      help: "Longest sequence in tokens (default: what the checkpoint was fine-tuned with, else the task's preset)."),
    .number(
      "weight_decay", \.weightDecay, "a number of at least 0", in: [.run, .pretrain, .bench],
      help: "Weight decay, not applied to biases and norms (default: 0)."
    ) { $0 >= 0 },
    .number(
      "layer_decay", \.layerDecay, "a number above 0 and at most 1",
      help: """
        Layer-wise decay of the learning rate: the head has the full rate, the last layer X times it, the layer before \
        X² times it, and so on down to the embeddings (default: 1, no decay).
        """
    ) { 0 < $0 && $0 <= 1 },
    .number(
      "label_smoothing", \.labelSmoothing, "a number from 0 to 1",
      help: """
        Share of each target that is spread evenly over all classes, choices or tokens, in training only (default: 0).
        """
    ) { 0 <= $0 && $0 <= 1 },
    .form(
      "class_weights", \.classWeights, ClassWeights.expected, in: .run,
      help: """
        How much each label counts in the loss: balanced, by its frequency, or LABEL=WEIGHT,...; a label not named \
        counts 1 (default: all count 1).
        """),
    .number(
      "gradient_clip", \.gradientClip, "a number of at least 0, 0 for none", in: [.run, .pretrain, .bench],
      help: "Largest global gradient norm, 0 for none (default: 1.0)."
    ) { $0 >= 0 },
    .number(
      "dropout", \.dropout, "a number from 0 to below 1", in: [.run, .pretrain, .memory, .bench],
      help: "Overrides every dropout of the checkpoint's config."
    ) { 0 <= $0 && $0 < 1 },
    .flag(
      "random_init", \.randomInit, in: [.run, .pretrain, .bench],
      help: "Start from fresh weights of the checkpoint's shape."),
    .form(
      "seed", \.seed, "an integer of at least 0", in: [.run, .pretrain, .bench], numbers: .whole,
      help: "Seed of every random choice (default: 42)."),
    .flag("no_shuffle", \.noShuffle, help: "Keep the order of the training file."),
    .integer(
      "threads", \.threads, 1...1_024, in: [.run, .pretrain, .evaluate, .memory, .predict, .bench],
      help: "Threads (default: all cores)."),
    .choice(
      "precision", \.precision, in: [.run, .pretrain, .evaluate, .memory, .predict, .bench],
      help: """
        What matrix products are computed in: f32, or bf16 (bfloat16, summed in float32; needs a CPU with AVX512_BF16). \
        Norms, softmax, loss, optimizer and, but for --weights, weights stay float32 (default: f32).
        """),
    .choice(
      "weights", \.weights, in: [.run, .pretrain, .memory, .bench],
      help: """
        What trained matrices are stored in: f32, or bf16, in half the memory and rounded at random after each update; \
        biases and norms stay f32 (default: f32).
        """),
    .choice(
      "recompute", \.recompute, in: [.run, .pretrain, .memory, .bench],
      help: """
        What the backward pass computes again so that it takes less memory, to the same result: none, attention (query, \
        key, value and attention of each layer) or layer (whole layers) (default: none).
        """),
    .flag(
      "update_in_backward", \.updateInBackward, in: [.run, .pretrain, .memory, .bench],
      help: """
        Update each parameter as soon as its gradient is known and give the gradient's memory back, to the same result; \
        with --gradient-clip above 0 each step takes its passes twice.
        """),
    .form(
      "eval_every", \.evaluateEvery, "epoch or a number of steps of at least 1",
      help: "When to evaluate: epoch, or every so many steps (default: epoch)."),
    .integer(
      "early_stopping", \.earlyStopping, 1...unbounded,
      help: "Stop after N evaluations in a row that do not improve the primary metric (default: take every step)."),
    .choice("save", \.save, help: "Which model to save: none, last or best (default: best)."),
    .form(
      "capture", \.capture, CaptureSetting.expected,
      help: "Write the second moments of all trained matrices after these steps, e.g. second-moments@100,500."),
    .text(
      "output", \.output, "a folder", isRecorded: false,
      help: "Output folder, new or empty but for --overwrite and --resume (default: runs/<what>-<optimizer>-<time>)."),
    .flag("overwrite", \.overwrite, isRecorded: false, help: "Replace the run in the output folder; not for grid."),
    .form(
      "checkpoint_every", \.checkpointEvery, CheckpointInterval.expected, isRecorded: false,
      help: """
        Save a state that --resume can go on from, every N steps or every 60s, 5m or 2h, in state/ of the output folder \
        (default: only when a signal stops the run).
        """),
    .flag(
      "resume", \.resume, isRecorded: false,
      help: """
        Go on with the run in the output folder from its last state, to the same results as if it had never stopped; an \
        ended run is only shown.
        """),
    .flag(
      "force", \.force, in: [.run, .pretrain, .bench], isRecorded: false,
      help: "Run even what the plan says cannot fit in memory."),
    .flag(
      "tensorboard", \.tensorboard, isRecorded: false,
      help: "Also write event files for tensorboard, in OUTPUT/tensorboard/."),
    .text(
      "profile", \.profile, "a file", isRecorded: false,
      help: """
        Write what the run's time went to as a trace that ui.perfetto.dev opens, and print a table of it; not for grid \
        or several seeds.
        """),
    .flag(
      "quiet", \.quiet, in: [.run, .pretrain, .evaluate, .predict, .bench], isRecorded: false,
      help: "Show no progress; notes are shown all the same."),
    .flag(
      "json", \.json, in: [.run, .pretrain, .evaluate, .memory, .bench], isRecorded: false,
      help: "Print the result as JSON on standard output."),
  ]
}

extension RunSettings {
  /// When a run scores its model. Every run also does so after its last step.
  package enum EvaluationInterval: Sendable, Equatable {
    case epoch
    case steps(Int)

    /// Whether a step is followed by an evaluation.
    func isDue(after step: Int, stepsPerEpoch: Int) -> Bool {
      switch self {
      case .epoch: step % stepsPerEpoch == 0
      case .steps(let interval): step % interval == 0
      }
    }
  }

  /// Which model a run saves.
  package enum SavePolicy: String, CaseIterable, Sendable, SettingValue {
    case none
    case last
    case best
  }

  /// What separates the documents of a text.
  package enum DocumentSeparator: String, CaseIterable, Sendable, SettingValue {
    case line
    case blankLine = "blank-line"
  }

  /// How documents are made into sequences.
  package enum Packing: String, CaseIterable, Sendable, SettingValue {
    /// Each document is a sequence of its own, cut where it is longer than the maximum length. Attention never crosses
    /// documents.
    case documents
    /// Documents are joined and cut into blocks of the maximum length, as GPT-2's pretraining does.
    case blocks
  }

  /// The settings that define a run, by key, for `results.json`. The object can be used as a `--config` file.
  package var recorded: JSON {
    var members: [JSONObject.Member] = []
    for setting in Setting.all(of: command) where setting.isRecorded {
      members.append(.init(ByteString(setting.key), setting.value(self)))
      guard setting.key == "optimizer" else { continue }
      let options = optimizerOptions.map { JSONObject.Member(ByteString($0.key), .text($0.value)) }
      members.append(.init("optimizer_option", .object(JSONObject(options))))
    }
    return .object(JSONObject(members))
  }
}

extension RunSettings.EvaluationInterval: SettingValue {
  static func parse(_ text: String) -> Self? {
    if text == "epoch" { return .epoch }
    return Int(text).flatMap { $0 >= 1 ? .steps($0) : nil }
  }

  var json: JSON {
    switch self {
    case .epoch: .text("epoch")
    case .steps(let steps): .integer(steps)
    }
  }
}

extension ProtocolKind: SettingValue {}

extension Precision: SettingValue {}

extension Recomputation: SettingValue {}

extension CaptureSetting: SettingValue {
  static func parse(_ text: String) -> CaptureSetting? { CaptureSetting(text) }
  var json: JSON { .text("second-moments@" + steps.map(String.init).joined(separator: ",")) }
}
