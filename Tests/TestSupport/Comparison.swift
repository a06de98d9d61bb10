/// ‖a − b‖ and ‖b‖, in Double.
public func distance(_ a: [Float], _ b: [Float]) -> (difference: Double, norm: Double) {
  precondition(a.count == b.count)
  var (difference, norm) = (0.0, 0.0)
  for (left, right) in zip(a, b) {
    difference += (Double(left) - Double(right)) * (Double(left) - Double(right))
    norm += Double(right) * Double(right)
  }
  return (difference.squareRoot(), norm.squareRoot())
}

/// Largest absolute difference; NaN counts as infinite.
public func largestDifference(_ a: [Float], _ b: [Float]) -> Double {
  precondition(a.count == b.count)
  return zip(a, b).reduce(0.0) {
    let difference = abs(Double($1.0) - Double($1.1))
    return difference.isNaN ? .infinity : max($0, difference)
  }
}
