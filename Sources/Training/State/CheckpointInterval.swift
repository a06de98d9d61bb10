import Support

/// How often a run saves its state: after a number of steps, or when a time has passed since the last state.
///
/// Examples: `500` is every 500 steps, `60s`, `5m` and `2h` are times.
package enum CheckpointInterval: Sendable, Equatable {
  case steps(Int)
  case seconds(Int)

  static let expected = "a number of steps, or a time such as 60s, 5m or 2h, of at least 1"

  /// Whether a state is due after a step.
  ///
  /// - Parameter elapsed: the time since the last state, or since the start of the run.
  package func isDue(after step: Int, elapsed: Duration) -> Bool {
    switch self {
    case .steps(let count): step % count == 0
    case .seconds(let count): elapsed >= .seconds(count)
    }
  }
}

extension CheckpointInterval: SettingValue {
  private static let units: [(name: Character, seconds: Int)] = [("s", 1), ("m", 60), ("h", 3_600)]

  static func parse(_ text: String) -> CheckpointInterval? {
    let unit = units.first { $0.name == text.last }
    guard let count = Int(unit == nil ? text[...] : text.dropLast()), (1...Setting.unbounded).contains(count) else {
      return nil
    }
    return unit.map { .seconds(count * $0.seconds) } ?? .steps(count)
  }

  var json: JSON {
    switch self {
    case .steps(let count): .integer(count)
    case .seconds(let count): .text("\(count)s")
    }
  }
}
