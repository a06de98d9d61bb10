import DemoMaterial
import Testing

@Suite("Demo material: formats, splits and pairs")
struct MaterialTests {
  static let material = Material(seed: 3, textBytes: 300_000)

  @Test("CoLA's four columns, with a star on the unacceptable")
  func colaFormat() {
    for (judgements, count) in [(Self.material.train, 2_000), (Self.material.dev, 500)] {
      let lines = Material.cola(judgements).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      #expect(lines.count == count)
      for (line, judgement) in zip(lines, judgements) {
        let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
        #expect(columns == ["demo", judgement.acceptable ? "1" : "0", judgement.acceptable ? "" : "*", columns.last])
        #expect(columns.last.map(String.init) == judgement.sentence)
      }
      let share = Double(judgements.count { $0.acceptable }) / Double(count)
      #expect((0.6...0.7).contains(share))
    }
  }

  @Test("MRPC's header behind a byte order mark, five columns, distinct identifiers")
  func mrpcFormat() {
    let text = Material.mrpc(Self.material.paraphraseDev, firstID: 1)
    #expect(Array(text.utf8.prefix(3)) == [0xEF, 0xBB, 0xBF])
    let lines = text.unicodeScalars.dropFirst().split(separator: "\n").map { String(String.UnicodeScalarView($0)) }
    #expect(lines.first == "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String")
    let rows = lines.dropFirst().map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
    #expect(rows.count == 200)
    #expect(rows.allSatisfy { $0.count == 5 && ["0", "1"].contains($0[0]) && $0[3] != $0[4] })
    #expect(Set(rows.flatMap { [$0[1], $0[2]] }).count == 400)
    let share = Double(Self.material.paraphraseTrain.count { $0.equivalent }) / 600
    #expect((0.64...0.69).contains(share))
  }

  @Test("The splits without labels: numbered behind a header, CoLA's in two columns, MRPC's with lone quotation marks")
  func testSplits() {
    func rows(_ text: String) -> [[Substring]] {
      text.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
    }
    let cola = rows(Material.colaTest(Self.material.test))
    #expect(cola.first == ["index", "sentence"] && cola.count == 101)
    #expect(
      cola.dropFirst().map { $0.map(String.init) } == Self.material.test.enumerated().map { ["\($0)", $1.sentence] })
    let mrpc = rows(Material.mrpcTest(Self.material.paraphraseTest, firstID: 7))
    #expect(mrpc.first == ["index", "#1 ID", "#2 ID", "#1 String", "#2 String"] && mrpc.count == 61)
    #expect(mrpc.allSatisfy { $0.count == 5 } && mrpc.dropFirst().map { $0[0] } == (0..<60).map { "\($0)" })
    #expect(Set(mrpc.dropFirst().flatMap { [$0[1], $0[2]] }).count == 120)
    #expect(mrpc.contains { $0[3].hasPrefix("\"") && $0[3].count { $0 == "\"" } == 1 })
    #expect(mrpc.contains { !$0[3].utf8.allSatisfy { $0 < 128 } })
  }

  @Test("No sentence, nor its twin, is in two places")
  func splitsAreApart() {
    let material = Self.material
    let judged = (material.train + material.dev + material.test).flatMap { [$0.sentence, $0.twin] }
    let pairs = material.paraphraseTrain + material.paraphraseDev + material.paraphraseTest
    let paired = pairs.flatMap { [$0.first, $0.second] }
    let all = judged + paired + material.text
    #expect(Set(all).count == all.count)
  }

  @Test("Both members of every pair differ, by no more than a phrase", arguments: Phenomenon.allCases)
  func pairsDiffer(phenomenon: Phenomenon) {
    var grammar = Grammar(seed: 11)
    for _ in 0..<300 {
      let pair = grammar.pair(phenomenon)
      #expect(pair.right.text != pair.wrong.text)
      #expect(pair.right.mark == pair.wrong.mark)
      // Broken in one place: an object, at most, is gained or lost.
      #expect(abs(pair.right.words.count - pair.wrong.words.count) <= 4)
    }
  }

  @Test("Every phenomenon is in both splits with both labels")
  func coverage() {
    for phenomenon in Phenomenon.allCases {
      for split in [Self.material.train, Self.material.dev] {
        let labels = split.filter { $0.phenomenon == phenomenon }.map(\.acceptable)
        #expect(labels.contains(true) && labels.contains(false), "\(phenomenon)")
      }
    }
  }

  @Test("No broken form's word gives the label away", arguments: Phenomenon.allCases)
  func wordsAreBalanced(phenomenon: Phenomenon) {
    var grammar = Grammar(seed: 5)
    var counts: [String: (right: Int, wrong: Int)] = [:]
    for _ in 0..<4_000 {
      let pair = grammar.pair(phenomenon)
      for word in pair.right.words { counts[word, default: (0, 0)].right += 1 }
      for word in pair.wrong.words { counts[word, default: (0, 0)].wrong += 1 }
    }
    // Far more than chance allows for words that occur often enough to help a classifier.
    for (word, count) in counts where count.right + count.wrong >= 800 {
      let ratio = Double(count.right) / Double(count.right + count.wrong)
      #expect((0.42...0.58).contains(ratio), "\(phenomenon): \(word) \(count)")
    }
  }

  @Test("Sentences are plain ASCII, capitalised, ended, with the right article")
  func surface() {
    for line in Self.material.text {
      #expect(line.utf8.allSatisfy { (32..<127).contains($0) })
      #expect(line.first?.isUppercase == true && (line.hasSuffix(".") || line.hasSuffix("?")))
      let words = line.lowercased().split(separator: " ")
      for (article, noun) in zip(words, words.dropFirst()) where article == "a" || article == "an" {
        let vowel = "aeiou".contains(noun.first ?? " ") && noun != "useful"
        #expect((article == "an") == (vowel || noun == "honest"), "\(line)")
      }
    }
  }
}
