/// The kind of a matrix: its name without the layer.
enum MatrixKind {
  /// The kind of a parameter, e.g. `attention.self.query` for `bert.encoder.layer.3.attention.self.query.weight`.
  static func name(of parameter: String) -> String {
    var parts = parameter.split(separator: ".").map(String.init)
    if parts.last == "weight" { parts.removeLast() }
    if let layer = parts.lastIndex(where: { $0.allSatisfy(\.isNumber) }), layer + 1 < parts.count {
      return parts[(layer + 1)...].joined(separator: ".")
    }
    return parts.suffix(2).joined(separator: ".")
  }
}
