/// Where the elements of a pickled tensor lie, checked against its storage.
extension PickledTensor {
  /// - Parameters:
  ///   - storage: the bytes of the storage's member.
  ///   - start: where they begin in the file.
  /// - Throws: ``CheckpointError`` for a tensor whose elements do not lie in the storage.
  func entry(_ name: String, storage byteCount: Int, from start: Int, path: String) throws(CheckpointError)
    -> WeightEntry
  {
    func malformed(_ reason: String) -> CheckpointError { .malformed(path: path, reason: "tensor \(name): \(reason)") }
    guard storage.byteCount <= byteCount else {
      throw malformed("its storage \(storage.key) has \(byteCount) bytes, expected \(storage.byteCount)")
    }
    guard shape.count == strides.count, shape.allSatisfy({ $0 >= 0 }),
      strides.allSatisfy({ $0 >= 0 }), offset >= 0
    else { throw malformed("shape \(shape), strides \(strides), offset \(offset)") }
    let available = storage.byteCount / type.size
    guard let count = product(shape), let last = lastElement else {
      throw malformed("shape \(shape) with strides \(strides) is larger than memory")
    }
    guard count > 0 else {
      return WeightEntry(name: name, type: type, shape: shape, range: start..<start, strides: nil)
    }
    guard last < available else {
      throw malformed(
        "shape \(shape) with strides \(strides) from element \(offset) on exceeds the \(available) elements of its storage"
      )
    }
    guard count <= available else {
      throw .unsupported(
        path: path, what: "tensor \(name):", found: "shape \(shape) over a storage of \(available) elements",
        expected: "one that was not expanded: save its clone")
    }
    // An axis of one element has no neighbours, and may have any stride.
    let steps = zip(shape, strides).map { $0 == 1 ? 0 : $1 }
    return WeightEntry(
      name: name, type: type, shape: shape,
      range: start + offset * type.size..<start + (last + 1) * type.size, strides: isDense ? nil : steps)
  }

  /// The element of the storage that is the last of the tensor; `nil` on overflow. Empty axes count as of one element.
  private var lastElement: Int? {
    var last = offset
    for (size, stride) in zip(shape, strides) where size > 1 {
      let (step, tooFar) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, isPast) = last.addingReportingOverflow(step)
      guard !tooFar, !isPast else { return nil }
      last = sum
    }
    return last == .max ? nil : last
  }

  private func product(_ shape: [Int]) -> Int? {
    if shape.contains(0) { return 0 }
    var product = 1
    for size in shape {
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      guard !overflow else { return nil }
      product = next
    }
    return product
  }

  /// Whether the elements lie in row-major order without gaps.
  private var isDense: Bool {
    var expected = 1
    for (size, stride) in zip(shape, strides).reversed() where size != 1 {
      guard stride == expected else { return false }
      expected *= size
    }
    return true
  }
}
