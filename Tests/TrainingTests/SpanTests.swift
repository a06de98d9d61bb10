import Support
import Tasks
import TestSupport
import Testing
import Tokenization
import Training

/// Windows, labels and answers equal to those of transformers' scripts for question answering.
@Suite struct SpanTests {
  private static let fixture = try? JSON.parse(Files.read(SharedData.fixture("spans.json")))
  private static let searches = fixture?["searches"]?.array ?? []
  private static let features = fixture?["features"]?.array ?? []

  @Test func fixturesAreThere() {
    #expect(Self.searches.count == 12)
    #expect(Self.features.count == 2)
  }

  private static func floats(_ json: JSON?) throws -> [Float] {
    try #require(json?.array).map { Float($0.double ?? .nan) }
  }

  private static func range(_ json: JSON?) throws -> Range<Int> {
    let pair = try #require(json?.array).compactMap(\.integer)
    return pair[0]..<pair[1]
  }

  @Test(arguments: searches.indices) func search(_ number: Int) throws {
    let item = Self.searches[number]
    let context = Array(try #require(item["context"]?.string).utf8)
    let offsets = try #require(item["offsets"]?.array).map { try Self.range($0) }
    let windows = try #require(item["windows"]?.array)
    for probe in try #require(item["expected"]?.array) {
      var search = SpanSearch(
        longestAnswer: try #require(probe["longest"]?.integer),
        allowsNoAnswer: probe["version_2"]?.bool == true, threshold: try #require(probe["threshold"]?.double))
      for window in windows {
        let tokens = try Self.range(window["tokens"])
        let first = try #require(window["first"]?.integer)
        search.add(
          passage: first..<(first + tokens.count),
          offsets: offsets[tokens].map { Int32($0.lowerBound)..<Int32($0.upperBound) },
          starts: try Self.floats(window["starts"]), ends: try Self.floats(window["ends"]))
      }
      let found = search.prediction(in: context)
      #expect(found.text == Array(context[try Self.range(probe["answer"])]))
      #expect(found.nullScore == probe["difference"]?.double.map { Float($0) })
      guard let best = probe["best"]?.array else { continue }
      #expect(found.best.map(\.text) == (try best.map { Array(context[try Self.range($0)]) }))
      #expect(largestDifference(found.best.map(\.score), try Self.floats(probe["scores"])) < 1e-5)
      #expect(
        largestDifference(found.best.map { Float($0.probability) }, try Self.floats(probe["probabilities"])) < 1e-6)
    }
  }

  /// A passage without tokens has no candidate; no answer is all that can be said.
  @Test(arguments: [false, true]) func emptyPassage(_ allowsNoAnswer: Bool) {
    var search = SpanSearch(longestAnswer: 30, allowsNoAnswer: allowsNoAnswer, threshold: 0)
    for logits in [[1, 2, 3], []] as [[Float]] { search.add(passage: 0..<0, offsets: [], starts: logits, ends: logits) }
    let found = search.prediction(in: [])
    #expect(found.text.isEmpty)
    #expect(found.best.map(\.score) == (allowsNoAnswer ? [2] : []))
    #expect(found.nullScore == (allowsNoAnswer ? .greatestFiniteMagnitude : nil))
  }

  /// A tokenizer without special tokens makes nothing of nothing.
  @Test func noToken() throws {
    let tokenizer = try TokenizerLoader.load(folder: SharedData.fixture("tokenizers/folders/gpt2"))
    let example = Example(index: 0, line: 7, inputs: [TextInput([32, 32], [])], answer: .spans([]))
    let data = SplitData(split: .dev, examples: [example], available: 1, files: [("a.json", "")])
    #expect {
      try EncodedPassages(data, tokenizer: tokenizer, maximumLength: 16, stride: 4, keepsOffsets: true)
    } throws: { ($0 as? TaskError)?.message.hasPrefix("a.json:7: question and passage have no token") == true }
  }

  @Test func aQuestionThatFillsAWindow() throws {
    let tokenizer = try TokenizerLoader.load(folder: SharedData.fixture("tokenizers/folders/wordpiece"))
    let long = Array(String(repeating: "who ", count: 20).utf8)
    let example = Example(index: 0, line: 7, inputs: [TextInput(long, long)], answer: .spans([]))
    let data = SplitData(split: .dev, examples: [example], available: 1, files: [("a.json", "")])
    #expect {
      try EncodedPassages(data, tokenizer: tokenizer, maximumLength: 16, stride: 4, keepsOffsets: true)
    } throws: { ($0 as? TaskError)?.message.hasPrefix("a.json:7: maximum length 16") == true }
  }

  @Test(arguments: features.indices) func windowsAndLabels(_ number: Int) throws {
    let name = try #require(Self.features[number]["tokenizer"]?.string)
    let tokenizer = try TokenizerLoader.load(folder: SharedData.fixture("tokenizers/folders/\(name)"))
    let contexts = try #require(Self.features[number]["contexts"]?.array).map { Array(($0.string ?? "").utf8) }
    for item in try #require(Self.features[number]["cases"]?.array) {
      let context = contexts[try #require(item["context"]?.integer)]
      var spans: [AnswerSpan] = []
      if let answer = item["answer"]?.string {
        let text = answer == "all" ? context : Array(answer.utf8)
        // A second right answer counts for nothing in training.
        let other = AnswerSpan(text: Array(context.prefix(1)), start: 0)
        spans = [AnswerSpan(text: text, start: try #require(item["start"]?.integer)), other]
      }
      let question = Array(try #require(item["question"]?.string).utf8)
      let example = Example(index: 0, line: 1, inputs: [TextInput(question, context)], answer: .spans(spans))
      let encoded = try EncodedPassages(
        SplitData(split: .train, examples: [example], available: 1, files: []), tokenizer: tokenizer,
        maximumLength: try #require(item["max_length"]?.integer), stride: try #require(item["stride"]?.integer),
        keepsOffsets: true)
      let shown = "\(name), \(item["question"]?.string ?? ""), \(item["max_length"]?.integer ?? 0)"
      #expect(encoded.windows.map { $0.ids.count } == item["lengths"]?.array?.compactMap(\.integer), "\(shown)")
      let labels = try #require(item["labels"]?.array).map { $0.array?.compactMap(\.integer) }
      #expect(encoded.windows.map { [$0.answer.first, $0.answer.last] } == labels, "\(shown)")
      guard let ids = item["ids"]?.array, let offsets = item["offsets"]?.array else { continue }
      #expect(encoded.windows.map { $0.ids.map(Int.init) } == ids.map { $0.array?.compactMap(\.integer) })
      #expect(
        encoded.windows.map { $0.offsets.flatMap { [Int($0.lowerBound), Int($0.upperBound)] } }
          == offsets.map { $0.array?.compactMap(\.integer) })
      for window in encoded.windows { #expect(window.passage.count == window.offsets.count) }
    }
  }
}
