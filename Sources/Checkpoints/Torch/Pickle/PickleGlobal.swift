/// The names of Python that pickles of state dicts refer to, and no others. They are recognised here; nothing of Python
/// is run.
enum PickleGlobal: Equatable {
  case orderedDictionary
  case size
  /// `torch._utils._rebuild_tensor_v2`, for storages that have a type.
  case tensor
  /// `torch._utils._rebuild_tensor_v3`, for bytes and a type.
  case typedTensor
  case parameter
  /// A storage of a type, or of bytes.
  case storage(StoredType?)
  case type(StoredType)

  /// - Returns: `nil` for any other name.
  init?(_ name: String) {
    guard let global = PickleGlobal.known[name] else { return nil }
    self = global
  }

  var name: String { PickleGlobal.known.first { $0.value == self }?.key ?? "a name" }

  private static let known: [String: PickleGlobal] = {
    var known: [String: PickleGlobal] = [
      "collections.OrderedDict": .orderedDictionary, "torch.Size": .size,
      "torch._utils._rebuild_tensor_v2": .tensor, "torch._utils._rebuild_tensor_v3": .typedTensor,
      "torch._utils._rebuild_parameter": .parameter, "torch.storage.UntypedStorage": .storage(nil),
    ]
    let storages: [(String, StoredType)] = [
      ("Double", .f64), ("Float", .f32), ("Half", .f16), ("BFloat16", .bf16), ("Long", .i64), ("Int", .i32),
      ("Short", .i16), ("Char", .i8), ("Byte", .u8), ("Bool", .bool),
    ]
    for (name, type) in storages { known["torch.\(name)Storage"] = .storage(type) }
    let types: [(String, StoredType)] = [
      ("float64", .f64), ("float32", .f32), ("float16", .f16), ("bfloat16", .bf16), ("int64", .i64), ("int32", .i32),
      ("int16", .i16), ("int8", .i8), ("uint64", .u64), ("uint32", .u32), ("uint16", .u16), ("uint8", .u8),
      ("bool", .bool), ("float8_e4m3fn", .f8e4m3), ("float8_e5m2", .f8e5m2),
    ]
    for (name, type) in types { known["torch.\(name)"] = .type(type) }
    return known
  }()
}
