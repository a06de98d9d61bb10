import CKernels

/// The elements that one use of dropout zeroes. Whether an element is zeroed depends on its number only.
struct DropoutMask {
  let rate: Float
  let random: RandomGenerator

  /// Zeroes or scales the elements from number `first` on.
  ///
  /// - Parameter y: may be `x`.
  func apply(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, _ count: Int, from first: Int) {
    // A random block serves four elements, and the kernel starts at the first of them.
    let lead = first % 4
    guard lead > 0 else { return draw(x, y, count, first) }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: lead + count) { whole in
      guard let start = whole.baseAddress else { return }
      start.update(repeating: 0, count: lead)
      (start + lead).update(from: x, count: count)
      draw(start, start, lead + count, first - lead)
      y.update(from: start + lead, count: count)
    }
  }

  private func draw(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int, _ first: Int) {
    ElementWise.kernels.dropout(x, y, count, rate, random.seed, random.stream, UInt64(first / 4))
  }
}
