/// A JSON value that keeps the order of members and the text of numbers.
///
/// Foundation's readers accept duplicate keys silently and merge canonically equal keys. Both would corrupt a
/// checkpoint header or a vocabulary.
package enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  /// The number as written in the source, e.g. `1e-12`.
  case number(String)
  case string(ByteString)
  case array([JSON])
  case object(JSONObject)

  package static func integer(_ value: Int) -> JSON { .number(String(value)) }

  /// A number that reads back as the same `Double`; non-finite values, which JSON lacks, become `null`.
  package static func real(_ value: Double) -> JSON {
    value.isFinite ? .number("\(value)") : .null
  }

  package static func text(_ value: String) -> JSON { .string(ByteString(value)) }

  /// A string of UTF-8 bytes.
  package static func text(_ bytes: some Sequence<UInt8>) -> JSON { .string(ByteString(bytes: bytes)) }

  package var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
  package var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  package var bytes: ByteString? { if case .string(let value) = self { value } else { nil } }
  /// The string; the parser has already refused invalid UTF-8.
  package var string: String? { bytes?.description }
  /// The number, if the source writes an integer that fits `Int`.
  package var integer: Int? { if case .number(let text) = self { Int(text) } else { nil } }
  package var double: Double? { if case .number(let text) = self { Double(text) } else { nil } }
  package var isNull: Bool { self == .null }

  /// How an error message names this value, e.g. `"abc"` or `an array of 3`.
  package var summary: String {
    switch self {
    case .null: return "null"
    case .bool(let value): return "\(value)"
    case .number(let text): return text
    case .string(let bytes):
      let text = bytes.description
      return text.count > 60 ? "\"\(text.prefix(60))…\"" : "\"\(text)\""
    case .array(let items): return "an array of \(items.count)"
    case .object: return "an object"
    }
  }

  /// A member of an object; `nil` when the member is absent or this value is no object.
  package subscript(key: String) -> JSON? { object?[key] }
}

/// The members of a JSON object in source order; keys are distinct by their bytes.
package struct JSONObject: Sendable, Equatable {
  package struct Member: Sendable, Equatable {
    package var key: ByteString
    package var value: JSON
    package init(_ key: ByteString, _ value: JSON) {
      self.key = key
      self.value = value
    }
  }

  package private(set) var members: [Member]
  /// Positions by key; `nil` for small objects, where a linear scan is faster.
  private var index: [ByteString: Int]?

  package init() { members = [] }

  /// - Precondition: keys are distinct.
  package init(_ members: [Member]) {
    self.members = members
    if members.count > 16 {
      index = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.key, $0) })
    }
  }

  package init(_ pairs: KeyValuePairs<String, JSON>) {
    self.init(pairs.map { Member(ByteString($0.key), $0.value) })
  }

  private func position(_ key: ByteString) -> Int? {
    if let index { return index[key] }
    return members.firstIndex { $0.key == key }
  }

  /// Reads a member. Writing a value replaces the member in place or appends a new one; writing `nil` removes it.
  package subscript(key: String) -> JSON? {
    get { position(ByteString(key)).map { members[$0].value } }
    set {
      let bytes = ByteString(key)
      switch (position(bytes), newValue) {
      case (let at?, let value?): members[at].value = value
      case (let at?, nil): self = JSONObject(members.filter { $0.key != members[at].key })
      case (nil, let value?):
        index?[bytes] = members.count
        members.append(Member(bytes, value))
      case (nil, nil): break
      }
    }
  }
}
