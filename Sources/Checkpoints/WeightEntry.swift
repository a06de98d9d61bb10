/// The name, type, shape and place of one tensor in a file of weights.
package struct WeightEntry: Sendable, Equatable {
  package let name: String
  package let type: StoredType
  package let shape: [Int]
  /// The bytes from the tensor's first element to its last, counted from the start of the file.
  package let range: Range<Int>
  /// The distances between neighbours along each axis, in elements; `nil` where the elements lie in row-major order
  /// without gaps.
  package var strides: [Int]?
  /// The number of elements.
  package var count: Int { shape.reduce(1, *) }

  /// Calls `body` with the elements in row-major order without gaps: those of the file, or a copy of them.
  func withElements<Result>(
    of file: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    let source = UnsafeRawBufferPointer(rebasing: file[range])
    guard let strides else { return body(source) }
    let size = type.size
    let copy = [UInt8](unsafeUninitializedCapacity: count * size) { target, written in
      var index = [Int](repeating: 0, count: shape.count)
      var from = 0
      for element in 0..<count {
        for byte in 0..<size { target[element * size + byte] = source[from * size + byte] }
        // To the next index, whose last axis changes first.
        var axis = shape.count - 1
        while axis >= 0 {
          index[axis] += 1
          from += strides[axis]
          if index[axis] < shape[axis] { break }
          from -= shape[axis] * strides[axis]
          index[axis] = 0
          axis -= 1
        }
      }
      written = count * size
    }
    return copy.withUnsafeBytes(body)
  }
}
