/// An error that can say what is wrong in a JSON file and where.
///
/// A target's error enum conforms with two cases of these names. Reading a field then throws the target's own error,
/// without any conversion where it is called.
package protocol JSONFileError: Error {
  /// The text at `path` is not JSON.
  static func malformed(path: String, reason: String) -> Self
  /// A value is missing, or is not what was expected. `key` is its place in the file, e.g. `data[3].answers.text`.
  static func badField(path: String, key: String, found: String, expected: String) -> Self
}

/// What a value must be: how it is read, and how a message names it.
///
/// Kinds of one file's own are written in the same way as those below: `JSONKind("a class name", \.string)`.
package struct JSONKind<Value>: Sendable {
  /// The end of a message "found …, expected …".
  package let expected: String
  /// The value, or `nil` where the JSON is of another kind.
  package let read: @Sendable (JSON) -> Value?

  package init(_ expected: String, _ read: @escaping @Sendable (JSON) -> Value?) {
    (self.expected, self.read) = (expected, read)
  }
}

extension JSONKind where Value == Bool {
  package static var flag: JSONKind { .init("true or false", \.bool) }
}

extension JSONKind where Value == String {
  package static var string: JSONKind { .init("a string", \.string) }
}

extension JSONKind where Value == ByteString {
  /// A string that is kept as bytes, for text whose canonical forms must stay apart.
  package static var bytes: JSONKind { .init("a string", \.bytes) }
}

extension JSONKind where Value == Int {
  /// - Parameter orReal: whether `12.0` is 12 too, as in files that Python has written.
  package static func integer(in range: ClosedRange<Int>, orReal: Bool = false) -> JSONKind {
    .init("an integer from \(range.lowerBound) to \(range.upperBound)") { json in
      let value = json.integer ?? (orReal ? json.double.flatMap(Int.init(exactly:)) : nil)
      return value.flatMap { range.contains($0) ? $0 : nil }
    }
  }
}

extension JSONKind where Value == Double {
  package static func number(in range: ClosedRange<Double>) -> JSONKind {
    .init("a number from \(range.lowerBound) to \(range.upperBound)") { json in
      json.double.flatMap { range.contains($0) ? $0 : nil }
    }
  }
}

extension JSONKind where Value == JSONObject {
  package static var object: JSONKind { .init("an object", \.object) }
}

extension JSONKind where Value == [JSON] {
  package static var array: JSONKind { .init("an array", \.array) }
}

/// A place in a JSON file, and the value there, if any. It is read as a kind, and a fault names file and place.
///
///     let file = try JSONField<TaskError>(file: path, limit: 1 << 30)
///     for article in try file["data"].items() {
///       let title = try article["title"].optional(.string) ?? ""
///       let starts = try article["answers"]["start"].items(.integer(in: 0...1 << 30))
///     }
package struct JSONField<Failure: JSONFileError>: Sendable {
  /// `nil` where the file has no such place. A null is kept, since it may mean something else.
  package let json: JSON?
  /// The file, with a line number where each line of it is a JSON text of its own.
  package let path: String
  /// The place in the file, e.g. `pre_tokenizer.pretokenizers[0]`; empty for the whole.
  private let place: String

  package init(_ json: JSON?, path: String, key: String = "") { (self.json, self.path, place) = (json, path, key) }

  /// Parses a whole text.
  package init(bytes: some Collection<UInt8>, path: String, maximumDepth: Int = 64) throws(Failure) {
    do throws(JSONParseError) {
      self.init(try JSON.parse(bytes, maximumDepth: maximumDepth), path: path)
    } catch {
      throw .malformed(path: path, reason: error.description)
    }
  }

  /// Reads and parses a file of at most `limit` bytes.
  ///
  /// - Throws: ``FileError`` or `Failure`.
  package init(file path: String, limit: Int) throws {
    try self.init(bytes: Files.read(path, limit: limit), path: path)
  }

  /// How messages name the place.
  package var key: String { place.isEmpty ? "(the file)" : place }
  /// How messages name the value.
  package var found: String { json?.summary ?? "nothing" }
  /// Whether there is no value, or a null, which most programs write for no value.
  package var isAbsent: Bool { json?.isNull ?? true }

  /// A member of an object. The field has no value where the object lacks it, or where this is not an object.
  package subscript(name: String) -> JSONField { member(name, json?[name]) }

  private func member(_ name: String, _ value: JSON?) -> JSONField {
    JSONField(value, path: path, key: place.isEmpty ? name : "\(place).\(name)")
  }

  private func item(_ index: Int, _ value: JSON) -> JSONField {
    JSONField(value, path: path, key: "\(place)[\(index)]")
  }

  /// The error of this field.
  package func fault(_ expected: String) -> Failure {
    .badField(path: path, key: key, found: found, expected: expected)
  }

  /// The value; `nil` where it is absent or null.
  package func optional<Value>(_ kind: JSONKind<Value>) throws(Failure) -> Value? {
    isAbsent ? nil : try required(kind)
  }

  /// The value, which must be there.
  package func required<Value>(_ kind: JSONKind<Value>) throws(Failure) -> Value {
    guard let json, let value = kind.read(json) else { throw fault(kind.expected) }
    return value
  }

  /// The elements of an array, which must be there.
  package func items(_ expected: String = "an array") throws(Failure) -> [JSONField] {
    try required(JSONKind(expected, \.array)).enumerated().map { item($0, $1) }
  }

  /// The elements of an array, which must be there, each of one kind.
  package func items<Value>(_ kind: JSONKind<Value>, _ expected: String = "an array") throws(Failure) -> [Value] {
    var values: [Value] = []
    for (index, json) in try required(JSONKind(expected, \.array)).enumerated() {
      guard let value = kind.read(json) else { throw item(index, json).fault(kind.expected) }
      values.append(value)
    }
    return values
  }

  /// The members of an object, which must be there, in their order.
  package func members(_ expected: String = "an object") throws(Failure) -> [(ByteString, JSONField)] {
    try required(JSONKind(expected, \.object)).members.map { ($0.key, member($0.key.description, $0.value)) }
  }

  /// The members of an object, which must be there, each of one kind.
  package func members<Value>(_ kind: JSONKind<Value>, _ expected: String = "an object") throws(Failure)
    -> [(ByteString, Value)]
  {
    var values: [(ByteString, Value)] = []
    for entry in try required(JSONKind(expected, \.object)).members {
      guard let value = kind.read(entry.value) else {
        throw member(entry.key.description, entry.value).fault(kind.expected)
      }
      values.append((entry.key, value))
    }
    return values
  }
}
