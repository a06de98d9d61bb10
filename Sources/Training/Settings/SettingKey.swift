import Foundation
import Support

/// One option by its configuration key; the flag has the same name in kebab case.
public struct SettingKey: Sendable {
  public let name: String
  let expected: String
  /// Sets the value from text; false when the text is not what is expected.
  let set: @Sendable (inout RunSettings, String) -> Bool

  private init(_ name: String, _ expected: String, _ set: @escaping @Sendable (inout RunSettings, String) -> Bool) {
    (self.name, self.expected, self.set) = (name, expected, set)
  }

  /// Whether it is a flag without a value on the command line.
  public var isFlag: Bool { expected == SettingKey.trueOrFalse }
  /// On the command line.
  public var flag: String { SettingKey.flag(name) }

  private static func flag(_ key: String) -> String { "--" + key.replacingOccurrences(of: "_", with: "-") }

  /// Every key of a command but `optimizer_option`, which holds several values.
  public static func all(of command: RunSettings.Command) -> [SettingKey] {
    switch command {
    case .run: fineTuning + training
    case .pretrain: pretraining + training
    }
  }

  private static let fineTuning: [SettingKey] = [
    text("task", "a task's name or path") { $0.task = $1 },
    text("data", "a folder") { $0.data = $1 },
    integer("train_limit", 1) { $0.trainLimit = $1 },
    integer("eval_limit", 1) { $0.evaluationLimit = $1 },
  ]

  private static let pretraining: [SettingKey] = [
    text("text", "a text file") { $0.pretraining.text = $1 },
    text("tokenizer", "a folder with tokenizer files") { $0.pretraining.tokenizer = $1 },
    choice("documents") { (settings, value: PretrainingSettings.Documents) in settings.pretraining.documents = value },
    choice("packing") { (settings, value: PretrainingSettings.Packing) in settings.pretraining.packing = value },
    number("held_out", "a share above 0 and below 1", { 0 < $0 && $0 < 1 }) { $0.pretraining.heldOut = $1 },
    integer("vocab_size", 1, 1 << 24) { $0.pretraining.vocabularySize = $1 },
  ]

  private static let training: [SettingKey] = [
    text("model", "a checkpoint's name or folder") { $0.model = $1 },
    text("optimizer", "an optimizer's name; see: finetune list optimizers") { $0.optimizer = $1 },
    number("learning_rate", "a number above 0", { $0 > 0 }) { $0.learningRate = $1 },
    choice("schedule") { (settings, value: Schedule.Shape) in settings.schedule = value },
    number("warmup_ratio", "a number from 0 to below 1", { 0 <= $0 && $0 < 1 }) { $0.warmupRatio = $1 },
    integer("warmup_steps", 0) { $0.warmupSteps = $1 },
    integer("batch_size", 1, 1 << 20) { $0.batchSize = $1 },
    integer("accumulate", 1, 1 << 20) { $0.accumulate = $1 },
    number("epochs", "a number above 0", { $0 > 0 && $0 < 1e6 }) { $0.epochs = $1 },
    integer("max_steps", 1) { $0.maximumSteps = $1 },
    integer("max_length", 2) { $0.maximumLength = $1 },
    number("weight_decay", "a number of at least 0", { $0 >= 0 }) { $0.weightDecay = $1 },
    number("gradient_clip", "a number of at least 0, 0 for none", { $0 >= 0 }) { $0.gradientClip = $1 },
    number("dropout", "a number from 0 to below 1", { 0 <= $0 && $0 < 1 }) { $0.dropout = $1 },
    flag("random_init") { $0.randomInit = $1 },
    SettingKey("seed", "an integer of at least 0") { settings, text in
      guard let seed = UInt64(text) else { return false }
      settings.seed = seed
      return true
    },
    flag("no_shuffle") { $0.noShuffle = $1 },
    integer("threads", 1, 1_024) { $0.threads = $1 },
    SettingKey("eval_every", "epoch or a number of steps of at least 1") { settings, text in
      if text == "epoch" {
        settings.evaluateEvery = .epoch
      } else if let steps = Int(text), steps >= 1 {
        settings.evaluateEvery = .steps(steps)
      } else {
        return false
      }
      return true
    },
    SettingKey("capture", CaptureSetting.expected) { settings, text in
      settings.capture = CaptureSetting(text)
      return settings.capture != nil
    },
    text("output", "a folder") { $0.output = $1 },
    flag("overwrite") { $0.overwrite = $1 },
    flag("force") { $0.force = $1 },
    choice("save") { (settings, value: RunSettings.SavePolicy) in settings.save = value },
    flag("quiet") { $0.quiet = $1 },
    flag("json") { $0.json = $1 },
  ]

  /// Sets `key` in `settings` from text.
  ///
  /// - Parameter origin: `--flag` or `file:line`, for the message.
  /// - Throws: ``TrainingError`` when there is no such key or the text is not what it takes.
  public static func set(_ key: String, _ text: String, in settings: inout RunSettings, origin: String)
    throws(TrainingError)
  {
    let keys = all(of: settings.command)
    guard let entry = keys.first(where: { $0.name == key }) else {
      throw .unknownKey(origin: origin, key: key, known: keys.map(\.name) + ["optimizer_option"])
    }
    guard entry.set(&settings, text) else {
      throw .badSetting(origin: origin, key: key, found: "\"\(text)\"", expected: entry.expected)
    }
    settings.given.removeAll { $0.key == key }
    settings.given.append((key, text))
  }

  /// Sets what was given on the command line; `nil` where nothing was.
  ///
  /// - Throws: ``TrainingError``, naming the flag.
  public static func set(flags given: [(key: String, text: String?)], in settings: inout RunSettings)
    throws(TrainingError)
  {
    for case (let key, let text?) in given { try set(key, text, in: &settings, origin: flag(key)) }
  }

  private static let trueOrFalse = "true or false"

  private static func text(
    _ name: String, _ expected: String, _ assign: @escaping @Sendable (inout RunSettings, String) -> Void
  ) -> SettingKey {
    SettingKey(name, expected) { settings, text in
      guard !text.isEmpty, !text.utf8.contains(0) else { return false }
      assign(&settings, text)
      return true
    }
  }

  private static func number(
    _ name: String, _ expected: String, _ accepts: @escaping @Sendable (Double) -> Bool,
    _ assign: @escaping @Sendable (inout RunSettings, Double) -> Void
  ) -> SettingKey {
    SettingKey(name, expected) { settings, text in
      guard let value = Double(text), value.isFinite, accepts(value) else { return false }
      assign(&settings, value)
      return true
    }
  }

  private static func integer(
    _ name: String, _ least: Int, _ most: Int = 1 << 40, _ assign: @escaping @Sendable (inout RunSettings, Int) -> Void
  ) -> SettingKey {
    let expected = most == 1 << 40 ? "an integer of at least \(least)" : "an integer from \(least) to \(most)"
    return SettingKey(name, expected) { settings, text in
      guard let value = Int(text), (least...most).contains(value) else { return false }
      assign(&settings, value)
      return true
    }
  }

  private static func flag(_ name: String, _ assign: @escaping @Sendable (inout RunSettings, Bool) -> Void)
    -> SettingKey
  {
    SettingKey(name, trueOrFalse) { settings, text in
      guard let value = Bool(text) else { return false }
      assign(&settings, value)
      return true
    }
  }

  private static func choice<Value: RawRepresentable & CaseIterable & Sendable>(
    _ name: String, _ assign: @escaping @Sendable (inout RunSettings, Value) -> Void
  ) -> SettingKey where Value.RawValue == String {
    SettingKey(name, "one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))") { settings, text in
      guard let value = Value(rawValue: text) else { return false }
      assign(&settings, value)
      return true
    }
  }
}

extension RunSettings {
  /// Adds `KEY=VALUE` to the optimizer's options; a later one of the same key wins.
  public mutating func addOptimizerOption(_ text: String, origin: String) throws(TrainingError) {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex, text.index(after: equals) != text.endIndex
    else {
      throw .badSetting(
        origin: origin, key: "optimizer_option", found: "\"\(text)\"", expected: "KEY=VALUE, e.g. rank=8")
    }
    setOptimizerOption(String(text[..<equals]), String(text[text.index(after: equals)...]))
  }

  mutating func setOptimizerOption(_ key: String, _ value: String) {
    let name = String(key.map { $0 == "_" ? "-" : $0 })
    optimizerOptions.removeAll { $0.key == name }
    optimizerOptions.append((name, value))
  }
}
