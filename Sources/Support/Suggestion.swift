/// "Did you mean …" for a mistyped name.
package enum Suggestion {
  /// The known names nearest to `name`, at most three, best first; empty when none is near.
  package static func near(_ name: String, in known: [String]) -> [String] {
    let name = canonical(name)
    let limit = max(2, name.count / 3)
    return known.enumerated()
      .map { (distance: distance(name, canonical($1)), order: $0, name: $1) }
      .filter { $0.distance <= limit && $0.distance < name.count }
      .sorted { ($0.distance, $0.order) < ($1.distance, $1.order) }
      .prefix(3).map(\.name)
  }

  /// `; did you mean "a" or "b"?`, or `; known: a, b` when no known name is near.
  package static func hint(_ name: String, in known: [String]) -> String {
    let near = near(name, in: known).map { "\"\($0)\"" }
    return near.isEmpty
      ? "; known: \(known.joined(separator: ", "))" : "; did you mean \(near.joined(separator: " or "))?"
  }

  private static func canonical(_ name: String) -> [UInt8] {
    name.lowercased().utf8.prefix(100).map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
  }

  /// Levenshtein distance.
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let replaced = diagonal + (a == b ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
      }
    }
    return row[right.count]
  }
}
