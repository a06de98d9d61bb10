import Support

/// A value that a pickle of tensors makes. Containers, storages and tensors are numbers of what ``PickleMachine`` holds,
/// so that no nesting or cycle of them costs more than its bytes.
enum PickleValue: Equatable {
  case none
  case bool(Bool)
  case integer(Int)
  /// A real number, which no tensor needs.
  case real
  case text(ByteString)
  case global(PickleGlobal)
  case tuple(Int)
  case list(Int)
  case dictionary(Int)
  case storage(Int)
  case tensor(Int)

  /// How messages name the value.
  var summary: String {
    switch self {
    case .none: "None"
    case .bool(let value): value ? "True" : "False"
    case .integer(let value): "\(value)"
    case .real: "a real number"
    case .text(let text): JSON.string(text).summary
    case .global(let global): global.name
    case .tuple: "a tuple"
    case .list: "a list"
    case .dictionary: "a dictionary"
    case .storage: "a storage"
    case .tensor: "a tensor"
    }
  }

  var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  var text: ByteString? { if case .text(let value) = self { value } else { nil } }
}

/// The memory of one or more tensors: a member of the archive.
struct PickledStorage: Equatable {
  /// The name of the member below `data/`.
  let key: ByteString
  let byteCount: Int
  /// `nil` for bytes whose type each tensor says.
  let type: StoredType?
}

/// A tensor as its pickle describes it; nothing of it is checked against the archive yet.
struct PickledTensor: Equatable {
  let storage: PickledStorage
  let type: StoredType
  /// The first element in the storage, and the distances between neighbours along each axis, in elements.
  let offset: Int
  let shape: [Int]
  let strides: [Int]
}
