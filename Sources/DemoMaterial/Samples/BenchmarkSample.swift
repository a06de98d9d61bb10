/// The sample of one task: files in the official format of a benchmark, whose sentences are our own.
struct BenchmarkSample {
  /// The folder below `tasks/`, e.g. `sst2`.
  let task: String
  /// The benchmark that the sample is not, e.g. `SST-2`.
  let benchmark: String
  /// What the format looks like, for the README: a sentence without its subject, e.g. `a header, then …`.
  let format: String
  /// Names below `tasks/TASK/sample/`, and contents.
  let files: [(name: String, text: String)]
  /// The training examples in LLM-Adapters' form, for the tasks that have one.
  var instructions: [Instruction] = []

  /// The numbers of examples. Each split has at least 30, which is enough for every edge case of a format.
  static let sizes = (train: 48, dev: 32, test: 32)

  /// All files, with their paths relative to the repository, and the README that says what they are.
  var paths: [(path: String, text: String)] {
    (files + [("README.md", readme)]).map { ("tasks/\(task)/sample/\($0.name)", $0.text) }
  }

  private var readme: String {
    let names = files.map { "`\($0.name)`" }.joined(separator: ", ")
    let text = """
      \(names) \(files.count == 1 ? "is" : "are") made by `demo-material` (Sources/DemoMaterial) from a grammar and a \
      lexicon of our own. The format is the official one of \(benchmark): \(format). No sentence is from \
      \(benchmark), and a score on this sample is not a score on \(benchmark). Made again by \
      `Tools/make-demo.sh samples`; do not edit.
      """
    return "# Synthetic sample, not \(benchmark)\n\n\(Self.wrapped(text))\n"
  }

  /// The text in lines of at most 120 characters.
  private static func wrapped(_ text: String) -> String {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + word.count < 120 {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines.joined(separator: "\n")
  }
}

extension Grammar {
  /// A grammar for one task's sample. Its choices depend on no other task, so that a new task changes no other sample.
  init(seed: UInt64, task: String) {
    // FNV-1a (Fowler, Noll and Vo), since Swift's own hashes differ from process to process.
    let hash = task.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    self.init(seed: seed ^ hash)
  }

  /// Draws `count` examples, no two of them with the same key and none with a key in `used`. They are shuffled, so that
  /// what is done to every so many-th of them later says nothing about their labels.
  mutating func distinct<Example>(
    _ count: Int, _ used: inout Set<String>, key: (Example) -> String, _ draw: (inout Grammar, Int) -> Example
  ) -> [Example] {
    var examples: [Example] = []
    while examples.count < count {
      let example = draw(&self, examples.count)
      if used.insert(key(example)).inserted { examples.append(example) }
    }
    random.shuffle(&examples)
    return examples
  }

  /// `count` different members of `choices`, none of which is `excluded`.
  mutating func several(_ count: Int, of choices: [String], except excluded: [String]) -> [String] {
    var rest = choices.filter { !excluded.contains($0) }
    random.shuffle(&rest)
    return Array(rest.prefix(count))
  }

  /// An identifier of lowercase hexadecimal digits.
  mutating func hexadecimal(_ digits: Int) -> String {
    String((0..<digits).map { _ in pick(Array("0123456789abcdef")) })
  }
}
