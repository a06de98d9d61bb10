import Support

extension Schedule.Shape: SettingValue {
  static func parse(_ text: String) -> Self? { Self(name: text) }
}

extension RunSettings {
  /// The exponent of a polynomial decay, transformers' default of `power`.
  private static let defaultPower = 1.0
  /// The number of cycles of a cosine with restarts, transformers' default of `num_cycles`.
  private static let defaultCycles = 1
  /// The share of the steps in which the rate of `wsd` falls. transformers has no default; MiniCPM (Hu et al., 2024),
  /// which proposed this schedule, found a tenth enough.
  private static let defaultDecayRatio = 0.1

  /// Checks the settings that belong to one schedule only.
  ///
  /// - Throws: ``TrainingError/badSetting(origin:key:found:expected:)`` for a setting without effect.
  func checkSchedule() throws(TrainingError) {
    let owners: [(key: String, shape: Schedule.Shape)] = [
      ("schedule_power", .polynomial), ("schedule_cycles", .cosineWithRestarts), ("schedule_decay", .wsd),
    ]
    for (key, shape) in owners where schedule != shape {
      guard let entry = given.first(where: { $0.key == key }) else { continue }
      throw .badSetting(
        origin: entry.origin, key: key, found: "\(entry.text) with the schedule \(schedule.rawValue)",
        expected: "the schedule \(shape.rawValue), to which alone it applies")
    }
  }

  /// The schedule of a run of `totalSteps` steps.
  ///
  /// - Throws: ``TrainingError/badSetting(origin:key:found:expected:)`` for a peak or a number of steps that the schedule
  ///   cannot have.
  func schedule(peak: Double, totalSteps: Int) throws(TrainingError) -> Schedule {
    if schedule == .polynomial, peak <= Schedule.polynomialEnd {
      throw .badSetting(
        origin: "--learning-rate", key: "learning_rate", found: "\(peak) with the schedule polynomial",
        expected: "more than \(Schedule.polynomialEnd), the rate at which it ends")
    }
    let warmup = warmupSteps ?? Int(warmupRatio * Double(totalSteps))
    let decay = Int((scheduleDecay ?? RunSettings.defaultDecayRatio) * Double(totalSteps))
    if schedule == .wsd, warmup + decay > totalSteps {
      throw .badSetting(
        origin: "--schedule", key: "schedule",
        found: "wsd with \(warmup) steps of warm-up and \(decay) of decay in a run of \(totalSteps)",
        expected: "at most all steps: lower the warm-up or --schedule-decay")
    }
    return Schedule(
      shape: schedule, peak: peak, warmupSteps: warmup, totalSteps: totalSteps,
      power: schedulePower ?? RunSettings.defaultPower, cycles: scheduleCycles ?? RunSettings.defaultCycles,
      decaySteps: decay)
  }

  /// Fills in the defaults of the settings that belong to this schedule.
  mutating func resolveSchedule(_ resolved: Schedule) {
    switch schedule {
    case .polynomial: schedulePower = resolved.power
    case .cosineWithRestarts: scheduleCycles = resolved.cycles
    case .wsd: scheduleDecay = scheduleDecay ?? RunSettings.defaultDecayRatio
    case .linear, .cosine, .constant, .inverseSqrt: break
    }
  }
}
