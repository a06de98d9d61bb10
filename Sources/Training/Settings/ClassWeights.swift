import Support

/// The setting `class_weights`: how much the examples of each class count in the loss.
package enum ClassWeights: Sendable, Equatable {
  /// Each class counts as much as any other: n / (k · count), as `class_weight="balanced"` of scikit-learn.
  case balanced
  /// Weights by label. A label that is not named has weight 1.
  case named([Entry])

  package struct Entry: Sendable, Equatable {
    package let label: String
    package let weight: Double
  }

  static let expected =
    "balanced, or labels with weights from 1e-6 to 1e6, e.g. acceptable=1,unacceptable=2.5; a label with a comma stands in "
    + "a JSON object, e.g. {\"yes, sir\": 2}"
  private static let range = 1e-6...1e6

  /// Parses `balanced`, `label=weight,label=weight` or `{"label": weight}`; `nil` for any other form.
  package init?(_ text: String) {
    if text == "balanced" {
      self = .balanced
      return
    }
    var entries: [Entry] = []
    if text.hasPrefix("{"), let object = (try? JSON.parse(Array(text.utf8)))?.object {
      for member in object.members {
        guard let weight = member.value.double, ClassWeights.range.contains(weight) else { return nil }
        entries.append(Entry(label: member.key.description, weight: weight))
      }
      if entries.isEmpty { return nil }
      self = .named(entries)
      return
    }
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      // A label may itself have an equals sign.
      guard let equals = part.lastIndex(of: "="), equals != part.startIndex,
        let weight = Double(part[part.index(after: equals)...]), ClassWeights.range.contains(weight)
      else { return nil }
      let label = String(part[..<equals])
      guard !entries.contains(where: { $0.label == label }) else { return nil }
      entries.append(Entry(label: label, weight: weight))
    }
    self = .named(entries)
  }

  /// The weight of each class.
  ///
  /// - Parameters:
  ///   - classes: the names of the classes, in the order of the model's outputs.
  ///   - examples: the class of each training example; a negative one leaves the example out.
  /// - Throws: ``TrainingError/badSetting(origin:key:found:expected:)`` for a name that is no class, and for a class
  ///   without an example to balance.
  package func weights(of classes: [String], examples: [Int], origin: String) throws(TrainingError) -> [Double] {
    switch self {
    case .balanced:
      var counts = Array(repeating: 0, count: classes.count)
      for example in examples where example >= 0 { counts[example] += 1 }
      if let missing = counts.firstIndex(of: 0) {
        throw .badSetting(
          origin: origin, key: "class_weights", found: "balanced, but no training example is \(classes[missing])",
          expected: "an example of each label, or weights by label")
      }
      let total = Double(counts.reduce(0, +))
      return counts.map { total / (Double(classes.count) * Double($0)) }
    case .named(let entries):
      var weights = Array(repeating: 1.0, count: classes.count)
      for entry in entries {
        guard let index = classes.firstIndex(of: entry.label) else {
          throw .badSetting(
            origin: origin, key: "class_weights", found: "\"\(entry.label)\"",
            expected: "labels of the task" + Suggestion.hint(entry.label, in: classes))
        }
        weights[index] = entry.weight
      }
      return weights
    }
  }
}

extension ClassWeights: SettingValue {
  static func parse(_ text: String) -> ClassWeights? { ClassWeights(text) }

  var json: JSON {
    switch self {
    case .balanced: .text("balanced")
    case .named(let entries) where entries.contains { $0.label.contains(",") || $0.label.hasPrefix("{") }:
      .text(
        JSON.object(JSONObject(entries.map { .init(ByteString($0.label), .real($0.weight)) })).serialized(compact: true)
      )
    case .named(let entries): .text(entries.map { "\($0.label)=\($0.weight)" }.joined(separator: ","))
    }
  }
}
