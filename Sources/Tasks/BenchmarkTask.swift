import Support

/// A benchmark as its `task.yaml` describes it, in one of its formats.
package struct BenchmarkTask: Sendable {
  package let name: String
  package let title: String
  /// Path of the `task.yaml`.
  package let path: String
  /// The name of the format that `--format` asked for; `nil` for the task's own.
  package let formatName: String?
  /// The names of the task's further formats; empty in such a format itself.
  package let otherFormats: [String]
  package let kind: TaskKind
  /// Label names; a label's number is its position. Empty where answers are not labels.
  package let labels: [String]
  package let metrics: [Metric]
  package let primaryMetric: Metric
  package let presets: Presets
  package let source: String
  package let citation: String
  /// The text that stands for each label in data files, in the order of ``labels``.
  package let labelValues: [[UInt8]]
  /// Names of the task's folder in a folder that holds several benchmarks, e.g. `CoLA`.
  let folders: [String]
  let format: DataFormat
  /// The path of the records in a JSON file; `nil` where the file is a list of records.
  let records: FieldPath?
  /// The splits in the order of `task.yaml`.
  package let splits: [SplitSource]
  let fields: TaskFields
  /// How a language model scores the answers; `nil` where the task does not say.
  let likelihood: LikelihoodRules?
  /// The answers to look for in generated text; empty where the whole text is the answer.
  let extract: [[UInt8]]
  /// The most tokens of a generated answer.
  package let maximumNewTokens: Int
  /// Whether a question may have no answer in its passage.
  package let allowsNoAnswer: Bool

  /// Defaults of a run on this task. Settings and the presets of a checkpoint override them.
  package struct Presets: Sendable {
    package var epochs: Double?
    package var maximumLength: Int?
    package var learningRate: Double?

    package init(epochs: Double? = nil, maximumLength: Int? = nil, learningRate: Double? = nil) {
      (self.epochs, self.maximumLength, self.learningRate) = (epochs, maximumLength, learningRate)
    }
  }

  /// How the files are written, e.g. `tsv`.
  package var formatOfFiles: String { format.rawValue }

  /// The folder that holds `task.yaml`.
  package var folder: String { Files.parent(of: path) ?? "." }

  /// The splits on which a model is scored during training. The score on the first decides which model is the best.
  package var devSplits: [Split] { splits.map(\.split).filter(\.isDev) }

  /// The splits that a name stands for: the split of that name, or else all whose names begin with it and `_`, as
  /// `dev` stands for MNLI's `dev_matched` and `dev_mismatched`.
  ///
  /// - Throws: ``TaskError/noSplit(task:split:path:known:)``.
  package func splits(named name: String) throws(TaskError) -> [Split] {
    let all = splits.map(\.split)
    let found = all.filter { $0.name == name }
    let group = found.isEmpty ? all.filter { $0.name.hasPrefix(name + "_") } : found
    guard !group.isEmpty else { throw .noSplit(task: self.name, split: name, path: path, known: all.map(\.name)) }
    return group
  }
}

/// Where the examples of one split stand.
package struct SplitSource: Sendable {
  package let split: Split
  /// The files that may hold the split, of which the first that exists is read.
  let files: [SplitFile]
  /// The number of examples of the official file, which tells an incomplete or wrong file.
  package let officialCount: Int?
  /// The file that a leaderboard expects predictions of this split in, e.g. `MNLI-m.tsv`.
  package let submission: String?
  /// The answers to look for in generated text, where they are not the task's.
  let extract: [[UInt8]]
}

/// A file that holds a split, or a part of it.
struct SplitFile: Sendable, Equatable {
  let name: String
  /// Whether the first line names the columns.
  var hasHeader = false
  /// Column names from `task.yaml` for a file without a header; otherwise empty.
  var columns: [String] = []
  var allowsRagged = false
  /// Whether rows with too few fields, or without a text or an answer, are left out and counted.
  var skipsIncomplete = false
  /// A file with the label of each example, one a line.
  var labels: String?
  /// The rows that count, where not all do.
  var filter: RowFilter?
  /// The number of rows that are held out from training, which count for a dev split.
  var heldOut: Int?
}

extension SplitFile {
  /// Whether two splits that read one file have the same rows of it before any are held out.
  func hasSameRows(as other: SplitFile) -> Bool {
    hasHeader == other.hasHeader && columns.count == other.columns.count && allowsRagged == other.allowsRagged
      && skipsIncomplete == other.skipsIncomplete && filter == other.filter && labels == other.labels
  }
}

/// The rows whose ids a second file lists, or all others.
struct RowFilter: Sendable, Equatable {
  let file: String
  let columns: [String]
  let keepsListed: Bool
}

/// Which fields of a row are what.
struct TaskFields: Sendable {
  var id: FieldPath?
  /// The text, the first of two texts, the question of a passage or choices, or the prompt.
  var text: TextTemplate
  /// The second text, or the passage.
  var pair: TextTemplate?
  /// The right answer; several for spans.
  var label: FieldPath
  /// The choices: templates of one choice each, or one template that gives all.
  var choices: [TextTemplate] = []
  /// What stands for each choice in the field of the right answer; `nil` where `choiceLabels` says it.
  var choiceLabelPath: FieldPath?
  /// What stands for each choice in the field of the right answer, in the order of the choices.
  var choiceLabels: [[UInt8]] = []
  /// Where the answers begin in the passage, in Unicode code points; without it the first occurrence counts.
  var answerStarts: FieldPath?
  /// What a model is trained to write, where it is more than the answer.
  var target: TextTemplate?
}

/// How a language model scores the answers of an example: each is a text that continues a context.
struct LikelihoodRules: Sendable {
  /// One context for all choices, or one for each.
  let contexts: [TextTemplate]
  /// The continuations; empty where they are the choices of the task, and one where they are equal.
  let choices: [TextTemplate]
  /// What stands between context and continuation.
  let separator: [UInt8]
}
