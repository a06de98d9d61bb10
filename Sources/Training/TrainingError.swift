import Support

/// Why a run cannot start or continue.
package enum TrainingError: UserError, Equatable {
  /// An option or a key has a wrong value; `origin` is `--flag` or `file:line`.
  case badSetting(origin: String, key: String, found: String, expected: String)
  case unknownKey(origin: String, key: String, known: [String])
  case badFile(path: String, reason: String)
  case missingOption(name: String, expected: String)
  /// The path given as a model is the folder of a run.
  case isRun(path: String)
  /// The maximum length exceeds the model's positions.
  case tooLong(maximumLength: Int, positions: Int, model: String)
  /// The tokenizer has `tokenizer` ids, more than the `size` of the model's vocabulary. `remedy` replaces the advice to
  /// check the files.
  case vocabularyTooSmall(model: String, size: Int, tokenizer: Int, remedy: String? = nil)
  /// The checkpoint's head is for other labels, as `reason` says.
  case otherHead(model: String, reason: String)
  /// The checkpoint lacks the weights named in `missing`.
  case noTrainedHead(model: String, missing: [String], remedy: String? = nil)
  /// The `task.yaml` that a saved model remembers is gone, and no task has its name.
  case movedTask(model: String, task: String, path: String)
  case outputNotEmpty(path: String)
  /// The output folder holds files that are no run's.
  case outputHoldsFiles(path: String, names: [String])
  /// Another process writes to the folder; `by` names the process if it is known.
  case outputInUse(path: String, by: String?)
  /// A run does not fit in memory. The text says how much is needed, how much is free, and which settings would fit.
  case doesNotFit(String)
  /// The folder to overwrite holds files, but no run.
  case outputHoldsNoRun(path: String, flag: String)
  /// The folder to overwrite holds a file or folder that the run reads.
  case outputHoldsSource(path: String, source: String, flag: String)
  /// The folder to resume holds another run; each difference names a setting, or a part of the data or model.
  case otherRun(path: String, differences: [String])
  /// The folder to resume holds a run that saved no state.
  case noState(path: String)
  /// No saved state is whole; `reason` tells what is wrong with the latest.
  case noGoodState(path: String, reason: String)
  /// The run to resume diverged before.
  case divergedBefore(path: String, reason: String)
  /// The value named by `what`, e.g. the loss, is not finite.
  case diverged(step: Int, learningRate: Double, what: String)
  case internalFault(String)

  package var message: String {
    switch self {
    case .badSetting(let origin, let key, let found, let expected):
      return origin.hasPrefix("--")
        ? "\(origin): found \(found), expected \(expected)" : "\(origin): \(key): found \(found), expected \(expected)"
    case .unknownKey(let origin, let key, let known):
      return "\(origin): unknown key \(key)\(Suggestion.hint(key, in: known))"
    case .badFile(let path, let reason): return "\(path): \(reason)"
    case .isRun(let path): return "\(path): is the folder of a run, expected that of a checkpoint; give \(path)/model"
    case .missingOption(let name, let expected): return "\(name) is missing; expected \(expected)"
    case .tooLong(let length, let positions, let model):
      return "--max-length \(length): \(model) has \(positions) positions; give at most \(positions)"
    case .vocabularyTooSmall(let model, let size, let tokenizer, let remedy):
      return "\(model): config.json says vocab_size \(size), the tokenizer makes ids up to \(tokenizer - 1); "
        + (remedy ?? "check that config.json and the tokenizer files belong together")
    case .otherHead(let model, let reason):
      return "\(model): \(reason); choose a checkpoint that was fine-tuned on this task, or fine-tune this one first"
    case .noTrainedHead(let model, let missing, let remedy):
      return "\(model): has no trained head for a task (\(missing.joined(separator: ", ")) missing); "
        + "fine-tune it first, and give the run's model folder" + (remedy.map { "; \($0)" } ?? "")
    case .movedTask(let model, let task, let path):
      return "\(model): was trained on task \(task) of \(path), which is not there any more; give the task.yaml's new "
        + "place with --task, and that of the data with --data where they are elsewhere"
    case .outputNotEmpty(let path):
      return
        "--output \(path): exists and is not empty; choose another folder, or give --overwrite to replace the run in "
        + "it or --resume to go on with it"
    case .outputHoldsFiles(let path, let names):
      return "--output \(path): exists and holds files that no run wrote (\(names.prefix(3).joined(separator: ", "))"
        + "\(names.count > 3 ? ", …" : "")); choose another folder"
    case .outputInUse(let path, let owner):
      return "--output \(path): another run (\(owner ?? "of an unknown process")) is writing to this folder; "
        + "wait for its end, or choose another --output"
    case .outputHoldsNoRun(let path, let flag):
      return "\(flag): \(path) holds files, but no run that could be \(flag == "--resume" ? "resumed" : "replaced"); "
        + "choose another --output"
    case .outputHoldsSource(let path, let source, let flag):
      return "\(flag): this run reads \(source), which is part of what it would replace in \(path); "
        + "choose another --output"
    case .otherRun(let path, let differences):
      let more = differences.count > 3 ? "; and \(differences.count - 3) more" : ""
      return "--resume: \(path) holds another run: \(differences.prefix(3).joined(separator: "; "))\(more); give the "
        + "settings of that run, or choose another --output"
    case .noState(let path):
      return "--resume: the run in \(path) saved no state to go on from; --overwrite instead of --resume starts it "
        + "again, and --checkpoint-every saves states"
    case .noGoodState(let path, let reason):
      return "--resume: no state in \(path) can be used; the latest: \(reason); --overwrite instead of --resume "
        + "starts the run again"
    case .divergedBefore(let path, let reason):
      return "the run in \(path) has diverged before: \(reason)"
    case .diverged(let step, let learningRate, let what):
      return "step \(step), learning rate \(learningRate): \(what) is not finite; "
        + "use a lower learning rate, more warm-up or gradient clipping"
    case .doesNotFit(let message): return message
    case .internalFault(let what): return "internal error: \(what); please report it"
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .badSetting, .unknownKey, .missingOption, .isRun, .tooLong, .doesNotFit, .otherRun: .usage
    case .movedTask: .missingInput
    case .badFile, .vocabularyTooSmall, .otherHead, .noTrainedHead, .noGoodState: .badInput
    case .outputNotEmpty, .outputHoldsFiles, .outputInUse, .outputHoldsNoRun, .outputHoldsSource, .noState:
      .cannotCreate
    case .diverged, .divergedBefore: .diverged
    case .internalFault: .internalError
    }
  }
}
