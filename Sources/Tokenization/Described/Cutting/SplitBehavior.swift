/// What becomes of the matches at which a text is split.
///
/// Source: `SplitDelimiterBehavior` of the tokenizers library.
enum SplitBehavior: String, Sendable {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  case contiguous = "Contiguous"

  /// The pieces of a text that consists of the parts; none of them is empty.
  func pieces(_ parts: [TextPattern.Part]) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    pieces.reserveCapacity(parts.count)
    var wasMatch = false
    switch self {
    case .isolated: pieces = parts.map(\.range)
    case .removed: pieces = parts.filter { !$0.isMatch }.map(\.range)
    case .contiguous:
      for part in parts {
        if part.isMatch == wasMatch, let last = pieces.popLast() {
          pieces.append(last.lowerBound..<part.range.upperBound)
        } else {
          pieces.append(part.range)
        }
        wasMatch = part.isMatch
      }
    case .mergedWithPrevious:
      for part in parts {
        if part.isMatch, !wasMatch, let last = pieces.popLast() {
          pieces.append(last.lowerBound..<part.range.upperBound)
        } else {
          pieces.append(part.range)
        }
        wasMatch = part.isMatch
      }
    case .mergedWithNext:
      for part in parts.reversed() {
        if part.isMatch, !wasMatch, let next = pieces.popLast() {
          pieces.append(part.range.lowerBound..<next.upperBound)
        } else {
          pieces.append(part.range)
        }
        wasMatch = part.isMatch
      }
      pieces.reverse()
    }
    return pieces.contains(where: \.isEmpty) ? pieces.filter { !$0.isEmpty } : pieces
  }
}
