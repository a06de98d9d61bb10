/// How much of each text is kept when both together are too long.
package enum Truncation {
  /// Token counts to keep: the longer text is cut down to the shorter one, then both to halves, the longer text (the
  /// second on a tie) keeping the odd token. Tokens are cut from the right.
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
