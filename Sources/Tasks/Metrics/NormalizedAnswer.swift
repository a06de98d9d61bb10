/// The words of an answer after `normalize_answer` of SQuAD's official scripts: lower case, no ASCII punctuation, no
/// articles, split at white space.
package struct NormalizedAnswer: Sendable, Equatable {
  /// The words. They are lists of scalars because `String` would take canonically equal ones for the same.
  package let words: [[Unicode.Scalar]]

  package init(_ text: [UInt8]) {
    let kept = PythonText.lowercased(PythonText.scalars(text)).filter { !Self.isPunctuation($0) }
    var words: [[Unicode.Scalar]] = []
    var word: [Unicode.Scalar] = []
    func end() {
      if !word.isEmpty { words.append(word) }
      word = []
    }
    var start = 0
    while start < kept.count {
      // A run of word characters is an article or stays whole; what stands between two runs stays but for white space.
      let isWord = PythonText.isWord(kept[start])
      var stop = start + 1
      if isWord { while stop < kept.count, PythonText.isWord(kept[stop]) { stop += 1 } }
      let run = kept[start..<stop]
      if isWord ? Self.articles.contains(Array(run)) : PythonText.isSpace(kept[start]) {
        end()
      } else {
        word.append(contentsOf: run)
      }
      start = stop
    }
    end()
    self.words = words
  }

  /// The official F1 of the words, each counted as often as it occurs in both; 0 where they have none in common.
  func f1(_ other: NormalizedAnswer) -> Double {
    var left: [[Unicode.Scalar]: Int] = [:]
    for word in words { left[word, default: 0] += 1 }
    var common = 0
    for word in other.words {
      if let rest = left[word], rest > 0 {
        left[word] = rest - 1
        common += 1
      }
    }
    guard common > 0 else { return 0 }
    let (precision, recall) = (Double(common) / Double(words.count), Double(common) / Double(other.words.count))
    return 2 * precision * recall / (precision + recall)
  }

  private static let articles: [[Unicode.Scalar]] = [["a"], ["a", "n"], ["t", "h", "e"]]

  /// Python's `string.punctuation`.
  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "!"..."/", ":"..."@", "["..."`", "{"..."~": true
    default: false
    }
  }
}
