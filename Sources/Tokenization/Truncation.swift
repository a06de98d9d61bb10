/// Decides how many tokens of each text are kept when all texts together are too long.
package enum Truncation {
  /// The number of tokens to keep of each text; tokens are cut from the right.
  ///
  /// The longer text is cut first, at most to the length of the shorter one. If that is not enough, each text keeps
  /// half of `room`; an odd token goes to the longer text, or to the second when both are equally long.
  ///
  /// Source: `truncate_encodings` of the tokenizers library.
  package static func longestFirst(_ counts: [Int], room: Int) -> [Int] {
    guard counts.reduce(0, +) > room else { return counts }
    guard counts.count == 2, room > 0 else { return counts.map { min($0, room) } }
    let swapped = counts[0] > counts[1]
    var shorter = min(counts[0], counts[1])
    var longer = shorter > room ? shorter : max(shorter, room - shorter)
    if shorter + longer > room {
      shorter = room / 2
      longer = shorter + room % 2
    }
    return swapped ? [longer, shorter] : [shorter, longer]
  }
}
