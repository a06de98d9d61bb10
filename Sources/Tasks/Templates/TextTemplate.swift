import Support

/// A text that is made from the fields of a row, as `task.yaml` describes it.
///
///     sentence                                     the field alone
///     "Question: {question.stem}\nAnswer:"         fields between braces, {{ and }} for braces
///     "{sentence|before:_}{option1|strip}"         fields with filters, which are applied from left to right
///     {template: "{label}: {text}", filters: [wikihow]}    filters of the whole text
///
/// A field with `[*]` gives several texts; then the template gives one text for each.
struct TextTemplate: Sendable, Equatable {
  enum Part: Sendable, Equatable {
    case literal([UInt8])
    case field(FieldPath, [TextFilter])
  }

  let parts: [Part]
  let filters: [TextFilter]

  /// Why a text is no template.
  struct Fault: Error {
    let reason: String
  }

  /// - Parameters:
  ///   - filters: the filters of the whole text.
  ///   - isLiteral: whether a text without braces stands for itself, not for a field.
  init(_ text: String, filters: [TextFilter] = [], isLiteral: Bool = false) throws(Fault) {
    self.filters = filters
    guard isLiteral || text.contains("{") || text.contains("}") else {
      guard let path = FieldPath(text) else { throw Fault(reason: "found an empty text, expected a field's name") }
      parts = [.field(path, [])]
      return
    }
    var (parts, literal): ([Part], [UInt8]) = ([], [])
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      let isDoubled = rest.first == byte
      switch byte {
      case UInt8(ascii: "{") where !isDoubled:
        guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else {
          throw Fault(reason: "found { without }; expected {field}, or {{ for a brace")
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        literal = []
        parts.append(try TextTemplate.field(String(decoding: rest[..<end], as: UTF8.self)))
        rest = rest[(end + 1)...]
      case UInt8(ascii: "}") where !isDoubled:
        throw Fault(reason: "found } without {; expected {field}, or }} for a brace")
      case UInt8(ascii: "{"), UInt8(ascii: "}"):
        literal.append(byte)
        rest = rest.dropFirst()
      default: literal.append(byte)
      }
    }
    if !literal.isEmpty { parts.append(.literal(literal)) }
    self.parts = parts
  }

  /// The field alone, whose name may hold braces.
  init(field: FieldPath) { (parts, filters) = ([.field(field, [])], []) }

  private static func field(_ text: String) throws(Fault) -> Part {
    let pieces = text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    guard let path = FieldPath(pieces[0]) else {
      throw Fault(reason: "found {\(text)}, expected a field's name between the braces")
    }
    return .field(
      path,
      try pieces.dropFirst().map { (name) throws(Fault) in
        guard let filter = TextFilter(name) else {
          throw Fault(reason: "filter \(name) is unknown; expected one of \(TextFilter.names.joined(separator: ", "))")
        }
        return filter
      })
  }

  /// The fields that the template reads.
  var paths: [FieldPath] { parts.compactMap { if case .field(let path, _) = $0 { path } else { nil } } }

  /// The one text that the template makes of a row; `nil` where a field is absent.
  ///
  /// - Throws: ``FieldFault`` where a field is no text, or several.
  func text(_ row: DataRow) throws(FieldFault) -> [UInt8]? {
    guard let texts = try texts(row) else { return nil }
    guard texts.count == 1 else {
      throw FieldFault(path: paths.first?.text ?? "", reason: "gives \(texts.count) texts, expected one")
    }
    return texts[0]
  }

  /// The texts that the template makes of a row; `nil` where a field is absent.
  func texts(_ row: DataRow) throws(FieldFault) -> [[UInt8]]? {
    var result: [[UInt8]] = [[]]
    for part in parts {
      switch part {
      case .literal(let text):
        for index in result.indices { result[index] += text }
      case .field(let path, let filters):
        guard var found = try row.templateTexts(path) else { return nil }
        for filter in filters { found = filter.apply(found) }
        if found.count == 1 {
          for index in result.indices { result[index] += found[0] }
        } else if result.count == 1 {
          let start = result[0]
          result = found.map { start + $0 }
        } else {
          guard result.count == found.count else {
            throw FieldFault(
              path: path.text, reason: "gives \(found.count) texts beside \(result.count) of another field")
          }
          for index in result.indices { result[index] += found[index] }
        }
      }
    }
    for filter in filters { result = filter.apply(result) }
    return result
  }
}

extension DataRow {
  /// The text or texts at a path.
  fileprivate func templateTexts(_ path: FieldPath) throws(FieldFault) -> [[UInt8]]? {
    path.isPlural ? try texts(path) : try text(path).map { [$0] }
  }
}
