/// What a matrix is, whatever its layer.
enum MatrixKind {
  /// `bert.encoder.layer.3.attention.self.query.weight` is an `attention.self.query`.
  static func name(of parameter: String) -> String {
    var parts = parameter.split(separator: ".").map(String.init)
    if parts.last == "weight" { parts.removeLast() }
    if let layer = parts.lastIndex(where: { $0.allSatisfy(\.isNumber) }), layer + 1 < parts.count {
      return parts[(layer + 1)...].joined(separator: ".")
    }
    return parts.suffix(2).joined(separator: ".")
  }
}
