import Yams

/// The reason and line where a YAML or JSON text was refused.
package struct YAMLFault: Error, Equatable, Sendable {
  /// Line number, from 1.
  package let line: Int
  package let reason: String
}

/// Reads YAML as nodes, since decoding into Swift types would ignore unknown keys and read `no` as a boolean.
package enum YAMLFile {
  /// Composes one document.
  ///
  /// - Throws: ``YAMLFault`` for invalid UTF-8, an empty text, aliases (which can grow without bound) or bad syntax.
  package static func compose(_ bytes: [UInt8]) throws(YAMLFault) -> Node {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw YAMLFault(line: 1, reason: "not valid UTF-8")
    }
    if let line = aliasLine(bytes) {
      throw YAMLFault(line: line, reason: "aliases are not supported; write the value out")
    }
    let root: Node?
    do { root = try Yams.compose(yaml: text) } catch let error as YamlError {
      throw fault(error)
    } catch {
      throw YAMLFault(line: 1, reason: "neither valid YAML nor JSON: \(error.localizedDescription)")
    }
    guard let root else { throw YAMLFault(line: 1, reason: "the file is empty, expected keys and values") }
    return root
  }

  private static func fault(_ error: YamlError) -> YAMLFault {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      YAMLFault(line: mark.line, reason: "neither valid YAML nor JSON: \(problem)")
    case .duplicatedKeysInMapping(let keys, let context):
      YAMLFault(line: context.mark.line, reason: "a key is given twice: \(keys.joined(separator: ", "))")
    default: YAMLFault(line: 1, reason: "neither valid YAML nor JSON")
    }
  }

  /// The first line with an alias `*name` whose anchor `&name` is in the text. Quotes are ignored, so a text that only
  /// seems to hold both is refused too, which is safe.
  private static func aliasLine(_ bytes: [UInt8]) -> Int? {
    var anchors = Set<ArraySlice<UInt8>>()
    var aliases: [(name: ArraySlice<UInt8>, line: Int)] = []
    var line = 1
    var previous = UInt8(ascii: "\n")
    for (at, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: "\n") { line += 1 }
      defer { previous = byte }
      let isAnchor = byte == UInt8(ascii: "&")
      guard isAnchor || byte == UInt8(ascii: "*"), " \t\r\n[{,:-?".utf8.contains(previous) else { continue }
      let name = bytes[(at + 1)...].prefix { !" \t\r\n[]{},:".utf8.contains($0) }
      guard !name.isEmpty else { continue }
      if isAnchor { anchors.insert(name) } else { aliases.append((name, line)) }
    }
    return aliases.first { anchors.contains($0.name) }?.line
  }
}
