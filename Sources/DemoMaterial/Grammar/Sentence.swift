/// A sentence: its words in order, and the mark that ends it. A comma is a word of its own.
package struct Sentence: Sendable, Equatable {
  package var words: [String]
  package var mark: String = "."

  package init(_ words: [String], mark: String = ".") {
    self.words = words
    self.mark = mark
  }

  /// The sentence as printed, e.g. `Today, an actor slept.` for the words `today , a actor slept`.
  package var text: String {
    var line = ""
    for (index, word) in words.enumerated() {
      let next = index + 1 < words.count ? words[index + 1] : ""
      let spelled = word == "a" ? Spelling.article(before: next) : word
      line += line.isEmpty || spelled == "," ? spelled : " " + spelled
    }
    return line.prefix(1).uppercased() + line.dropFirst() + mark
  }
}

/// An acceptable sentence, and the same sentence with one violation.
package struct MinimalPair: Sendable, Equatable {
  package var right: Sentence
  package var wrong: Sentence

  init(_ right: [String], _ wrong: [String], mark: String = ".") {
    self.right = Sentence(right, mark: mark)
    self.wrong = Sentence(wrong, mark: mark)
  }
}
