import Support

/// One setting as the user gave it, on the command line or in a file.
package struct GivenSetting: Sendable, Equatable {
  package let key: String
  package let text: String
  /// Where the setting was given: a flag such as `--learning-rate`, or file and line such as `run.yaml:3`.
  package let origin: String

  package init(_ key: String, _ text: String, origin: String) {
    (self.key, self.text, self.origin) = (key, text, origin)
  }

  /// A setting given on the command line.
  package init(flag key: String, _ text: String) { self.init(key, text, origin: Setting.flag(key)) }

  package var isFlag: Bool { origin.hasPrefix("--") }
}

/// Settings of which only one counts, because they give the same quantity, in different units or by different names.
package struct ExclusiveGroup: Sendable {
  /// Keys by precedence: where one file or command line gives several, the first of these counts.
  package let keys: [String]
  /// Whether giving two of the settings on one command line is an error.
  let refusesTwoFlags: Bool

  package static let all = [
    ExclusiveGroup(keys: ["max_steps", "epochs"], refusesTwoFlags: false),
    ExclusiveGroup(keys: ["warmup_steps", "warmup_ratio"], refusesTwoFlags: true),
    ExclusiveGroup(keys: ["eval_limit", "limit"], refusesTwoFlags: true),
  ]

  /// The other settings of the group that `key` belongs to.
  package static func rivals(of key: String) -> [String] {
    all.first { $0.keys.contains(key) }?.keys.filter { $0 != key } ?? []
  }
}

extension RunSettings {
  /// Applies one layer of settings: those of a file, or those of the command line.
  ///
  /// A layer overrides the layers before it. A setting of an ``ExclusiveGroup`` also overrides the other settings of
  /// its group: `--epochs` overrides a file's `max_steps`. Afterwards ``given`` holds at most one setting of each
  /// group, so that the cells of a grid, which are made from ``given``, train as a run with these settings does.
  ///
  /// - Throws: ``TrainingError`` for an unknown key, for a value that a setting does not accept, and for two flags of a
  ///   group that refuses two.
  package mutating func take(_ layer: [GivenSetting]) throws(TrainingError) {
    var layer = layer
    for group in ExclusiveGroup.all {
      let present = group.keys.compactMap { key in layer.last { $0.key == key } }
      guard let winner = present.first else { continue }
      if group.refusesTwoFlags, present.count > 1, present.allSatisfy(\.isFlag) {
        throw .badSetting(
          origin: winner.origin, key: winner.key, found: "\(winner.text) beside \(present[1].origin)",
          expected: "one of the two")
      }
      // Check the overridden settings too: a wrong value is an error even where it has no effect.
      for beaten in present.dropFirst() { try set(beaten) }
      for key in group.keys { forget(key) }
      layer.removeAll { entry in group.keys.contains(entry.key) && entry.key != winner.key }
    }
    for entry in layer { try set(entry) }
  }

  /// Applies one setting as a layer of its own.
  ///
  /// - Throws: ``TrainingError`` for an unknown key or a value that the setting does not accept.
  package mutating func set(_ key: String, _ text: String, origin: String) throws(TrainingError) {
    try take([GivenSetting(key, text, origin: origin)])
  }

  private mutating func set(_ entry: GivenSetting) throws(TrainingError) {
    let settings = Setting.all(of: command)
    guard let setting = settings.first(where: { $0.key == entry.key }) else {
      throw .unknownKey(origin: entry.origin, key: entry.key, known: settings.map(\.key) + ["optimizer_option"])
    }
    guard setting.set(&self, entry.text) else {
      throw .badSetting(
        origin: entry.origin, key: entry.key, found: "\"\(entry.text)\"", expected: setting.expected)
    }
    given.removeAll { $0.key == entry.key }
    given.append(entry)
  }

  private mutating func forget(_ key: String) {
    given.removeAll { $0.key == key }
    Setting.all.first { $0.key == key }?.reset(&self)
  }

  /// Where the learning rate was given, `flag` or `config`; `nil` if a preset decides it.
  package var learningRateSource: String? {
    given.first { $0.key == "learning_rate" }.map { $0.isFlag ? "flag" : "config" }
  }
}

extension RunSettings {
  /// Adds `KEY=VALUE`, e.g. `rank=8`, to the optimizer's options. A later value of the same key replaces the earlier.
  ///
  /// - Throws: ``TrainingError/badSetting(origin:key:found:expected:)`` for a text of another form.
  package mutating func addOptimizerOption(_ text: String, origin: String) throws(TrainingError) {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex, text.index(after: equals) != text.endIndex
    else {
      throw .badSetting(
        origin: origin, key: "optimizer_option", found: "\"\(text)\"", expected: "KEY=VALUE, e.g. rank=8")
    }
    setOptimizerOption(String(text[..<equals]), String(text[text.index(after: equals)...]))
  }

  mutating func setOptimizerOption(_ key: String, _ value: String) {
    let name = SettingName.kebab(key)
    optimizerOptions.removeAll { $0.key == name }
    optimizerOptions.append((name, value))
  }
}
