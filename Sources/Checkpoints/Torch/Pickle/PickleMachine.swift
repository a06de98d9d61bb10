import Support

/// Reads a pickle of tensors, as `torch.save` writes it in protocol 2, and runs nothing: its names are recognised from
/// ``PickleGlobal``, and its calls are those that make a tensor from a storage. Any other opcode, name or call is refused.
///
/// Memory and time are bounded by the pickle's bytes: each opcode adds at most one value, and what a value is copied to
/// again and again is short.
///
/// Source: CPython's `pickletools.py`, and `torch/_weights_only_unpickler.py` for what torch itself takes.
struct PickleMachine {
  /// A tensor of a state dict takes some 30 opcodes and 150 bytes.
  static let largestPickle = 16 << 20
  private static let mostOpcodes = 2_000_000
  /// The longest name of a tensor or a storage, in bytes.
  static let longestName = 1_024
  private static let mostAxes = 64

  private(set) var tuples: [[PickleValue]] = []
  private(set) var lists: [[PickleValue]] = []
  private(set) var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
  private(set) var storages: [PickledStorage] = []
  private(set) var tensors: [PickledTensor] = []
  private var source: PickleBytes
  private var stack: [PickleValue] = []
  /// Where on the stack the open containers begin.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]

  private init(_ source: PickleBytes) { self.source = source }

  /// The tensors of a state dict, in its order.
  ///
  /// - Parameter path: how messages name the file.
  /// - Throws: ``CheckpointError`` for a pickle that is damaged or makes anything but a dictionary of tensors.
  static func stateDictionary(_ bytes: UnsafeRawBufferPointer, path: String) throws(CheckpointError)
    -> [(name: ByteString, tensor: PickledTensor)]
  {
    var machine = PickleMachine(PickleBytes(bytes, path: path))
    guard bytes.count <= largestPickle else {
      throw machine.source.malformed("\(bytes.count) bytes, expected at most \(largestPickle)")
    }
    let result = try machine.run()
    let advice = "a state dict, which torch.save(model.state_dict(), …) writes"
    guard case .dictionary(let number) = result else {
      throw .unsupported(path: path, what: "a pickle of", found: result.summary, expected: advice)
    }
    var named: [(name: ByteString, tensor: PickledTensor)] = []
    for (key, value) in machine.dictionaries[number] {
      guard let name = key.text, case .tensor(let tensor) = value else {
        throw .unsupported(
          path: path, what: "a pickle whose key \(key.summary) is", found: value.summary,
          expected: "tensors under names: \(advice)")
      }
      guard name.bytes.count <= longestName else {
        throw machine.source.malformed("a tensor's name has \(name.bytes.count) bytes, expected at most \(longestName)")
      }
      named.append((name, machine.tensors[tensor]))
    }
    return named
  }

  private mutating func run() throws(CheckpointError) -> PickleValue {
    for _ in 0..<PickleMachine.mostOpcodes {
      let opcode = try source.byte()
      if opcode == UInt8(ascii: ".") {
        let result = try pop()
        guard stack.isEmpty, marks.isEmpty else { throw source.malformed("values are left over at its end") }
        return result
      }
      try step(opcode)
    }
    throw source.malformed("more than \(PickleMachine.mostOpcodes) opcodes")
  }

  private mutating func step(_ opcode: UInt8) throws(CheckpointError) {
    switch UnicodeScalar(opcode) {
    case "\u{80}":
      let version = try source.byte()
      guard version == 2 else {
        throw .unsupported(
          path: source.path, what: "pickle protocol", found: "\(version)", expected: "2, torch.save's usual one")
      }
    case "N": stack.append(.none)
    case "\u{88}": stack.append(.bool(true))
    case "\u{89}": stack.append(.bool(false))
    case "K": stack.append(.integer(try source.number(bytes: 1)))
    case "M": stack.append(.integer(try source.number(bytes: 2)))
    case "J": stack.append(.integer(try source.signed(bytes: 4)))
    case "\u{8A}": stack.append(.integer(try source.signed(bytes: source.number(bytes: 1))))
    case "G":
      _ = try source.take(8)
      stack.append(.real)
    case "X": stack.append(.text(ByteString(bytes: try source.take(source.number(bytes: 4)))))
    case "c": stack.append(.global(try global()))
    case "(": marks.append(stack.count)
    case ")": push(tuple: [])
    case "\u{85}": push(tuple: try pop(1))
    case "\u{86}": push(tuple: try pop(2))
    case "\u{87}": push(tuple: try pop(3))
    case "t": push(tuple: try popToMark())
    case "]": push(list: [])
    case "a": try extend(pop(1))
    case "e": try extend(popToMark())
    case "}": push(dictionary: [])
    case "s": try set(pop(2))
    case "u": try set(popToMark())
    case "q": memo[try source.number(bytes: 1)] = try top()
    case "r": memo[try source.number(bytes: 4)] = try top()
    case "h": try recall(source.number(bytes: 1))
    case "j": try recall(source.number(bytes: 4))
    case "Q": try openStorage(pop())
    case "R":
      let arguments = try pop()
      try call(pop(), arguments)
    case "b":
      // What a state dict has as attributes are versions of modules, which no weight depends on.
      _ = try pop()
      guard case .dictionary = try top() else { throw source.malformed("attributes are set of \(try top().summary)") }
    default:
      throw .unsupported(
        path: source.path, what: "a pickle with the opcode",
        found: "0x\(String(opcode, radix: 16)) at byte \(source.at - 1)",
        expected: "those of a state dict")
    }
  }

  // MARK: The stack

  private var bottom: Int { marks.last ?? 0 }

  private func top() throws(CheckpointError) -> PickleValue {
    guard stack.count > bottom, let value = stack.last else { throw source.malformed("a value is missing") }
    return value
  }

  private mutating func pop() throws(CheckpointError) -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func pop(_ count: Int) throws(CheckpointError) -> [PickleValue] {
    guard stack.count >= bottom + count else { throw source.malformed("a value is missing") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws(CheckpointError) -> [PickleValue] {
    guard let start = marks.popLast() else { throw source.malformed("the start of a container is missing") }
    defer { stack.removeLast(stack.count - start) }
    return Array(stack[start...])
  }

  private mutating func recall(_ number: Int) throws(CheckpointError) {
    guard let value = memo[number] else { throw source.malformed("value \(number) is used before it is there") }
    stack.append(value)
  }

  // MARK: Containers

  private mutating func push(tuple items: [PickleValue]) {
    stack.append(.tuple(tuples.count))
    tuples.append(items)
  }

  private mutating func push(list items: [PickleValue]) {
    stack.append(.list(lists.count))
    lists.append(items)
  }

  private mutating func push(dictionary pairs: [(key: PickleValue, value: PickleValue)]) {
    stack.append(.dictionary(dictionaries.count))
    dictionaries.append(pairs)
  }

  private mutating func extend(_ items: [PickleValue]) throws(CheckpointError) {
    guard case .list(let number) = try top() else { throw source.malformed("\(try top().summary) is extended") }
    lists[number] += items
  }

  private mutating func set(_ items: [PickleValue]) throws(CheckpointError) {
    guard case .dictionary(let number) = try top() else {
      throw source.malformed("entries are set in \(try top().summary)")
    }
    guard items.count % 2 == 0 else { throw source.malformed("a key without a value") }
    for at in stride(from: 0, to: items.count, by: 2) { dictionaries[number].append((items[at], items[at + 1])) }
  }

  // MARK: Names and calls

  private mutating func global() throws(CheckpointError) -> PickleGlobal {
    let name = "\(try source.line()).\(try source.line())"
    guard let global = PickleGlobal(name) else { throw .refusedGlobal(path: source.path, name: name) }
    return global
  }

  private func items(_ value: PickleValue) -> [PickleValue]? {
    if case .tuple(let number) = value { tuples[number] } else { nil }
  }

  /// The name of a storage: `('storage', torch.FloatStorage, '0', 'cpu', 6)`.
  private mutating func openStorage(_ name: PickleValue) throws(CheckpointError) {
    guard let parts = items(name), parts.count == 5, parts[0].text == "storage",
      case .global(.storage(let type)) = parts[1], let key = parts[2].text,
      key.bytes.count <= PickleMachine.longestName, let count = parts[4].integer, count >= 0
    else { throw source.malformed("\(name.summary) names no storage") }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: type?.size ?? 1)
    guard !overflow else { throw source.malformed("a storage of \(count) elements") }
    stack.append(.storage(storages.count))
    storages.append(PickledStorage(key: key, byteCount: bytes, type: type))
  }

  private mutating func call(_ function: PickleValue, _ arguments: PickleValue) throws(CheckpointError) {
    guard case .global(let global) = function, let arguments = items(arguments) else {
      throw source.malformed("\(function.summary) is called")
    }
    switch global {
    case .orderedDictionary where arguments.isEmpty: push(dictionary: [])
    case .size where arguments.count == 1: stack.append(arguments[0])
    case .parameter:
      guard arguments.count == 3, case .tensor = arguments[0] else {
        throw source.malformed("a parameter of no tensor")
      }
      stack.append(arguments[0])
    case .tensor, .typedTensor:
      stack.append(.tensor(tensors.count))
      tensors.append(try tensor(arguments, isTyped: global == .typedTensor))
    default: throw source.malformed("\(global.name) is called with \(arguments.count) values")
    }
  }

  /// - Parameter arguments: storage, offset, shape, strides, whether it is trained, hooks, the type where it `isTyped`,
  ///   and maybe metadata.
  private func tensor(_ arguments: [PickleValue], isTyped: Bool) throws(CheckpointError) -> PickledTensor {
    let count = isTyped ? 7 : 6
    guard arguments.count == count || arguments.count == count + 1, case .storage(let number) = arguments[0],
      let offset = arguments[1].integer, let shape = axes(arguments[2]), let strides = axes(arguments[3])
    else { throw source.malformed("a tensor is not described by storage, offset, shape and strides") }
    var type = storages[number].type
    if isTyped, case .global(.type(let own)) = arguments[6] { type = own }
    guard let type else { throw source.malformed("a tensor's type is missing") }
    if arguments.count == count + 1 {
      // Bits that say that a tensor's numbers are to be negated or conjugated.
      guard case .dictionary(let metadata) = arguments[count], dictionaries[metadata].isEmpty else {
        throw .unsupported(path: source.path, what: "a tensor with", found: "metadata", expected: "none")
      }
    }
    return PickledTensor(storage: storages[number], type: type, offset: offset, shape: shape, strides: strides)
  }

  /// A shape or strides.
  private func axes(_ value: PickleValue) -> [Int]? {
    guard let items = items(value), items.count <= PickleMachine.mostAxes else { return nil }
    let axes = items.compactMap(\.integer)
    return axes.count == items.count ? axes : nil
  }
}
