import Support

private struct Blank {
  let sentence: String
  let options: [String]
  let right: Int
  let identifier: String

  func json(labelled: Bool) -> JSON {
    let start: [(String, String)] = [
      ("qID", identifier), ("sentence", sentence), ("option1", options[0]), ("option2", options[1]),
    ]
    let all = start + (labelled ? [("answer", String(right + 1))] : [])
    return .object(JSONObject(all.map { .init(ByteString($0.0), .text($0.1)) }))
  }

  var instruction: Instruction {
    Instruction(
      "Please choose the correct answer to fill in the blank to complete the given sentence: \(sentence)", "option",
      options,
      right: right, separator: " ")
  }
}

extension Grammar {
  /// Two twins: sentences that differ in a word, which turns the answer over.
  fileprivate mutating func twins() -> [Blank] {
    let sentence: String
    let triggers: [String]
    var options: [String]
    switch random.below(4) {
    case 0:
      let fit = fitting()
      sentence = "The \(fit.content) did not fit into the \(fit.container) because the _ was too *."
      triggers = [pick(["large", "big", "wide"]), pick(["small", "narrow", "tight"])]
      options = [fit.content, fit.container]
    case 1:
      options = several(2, of: Nouns.maleNames + Names.accented, except: [])
      sentence =
        "\(options[0]) asked \(options[1]) to \(pick(Verbs.handling).base) the \(thing()) because _ was * at such work."
      triggers = ["bad", "good"]
    case 2:
      options = several(2, of: Nouns.femaleNames + Names.accented, except: [])
      sentence = "\(options[0]) sold the \(thing()) to \(options[1]) because _ needed *."
      triggers = ["money", "one"]
    default:
      options = several(2, of: Nouns.maleNames, except: [])
      sentence = "\(options[0]) thanked \(options[1]) for the \(thing()), although _ had not * it."
      triggers = ["wanted", "made"]
    }
    // The answers to the twins, in the order of the triggers, are the first and the second option of this order.
    let flipped = chance(50)
    if flipped { options.reverse() }
    let stem = "3" + String((0..<29).map { _ in pick(Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")) })
    return triggers.enumerated().map { index, trigger in
      Blank(
        sentence: sentence.replacing("*", with: trigger), options: options, right: flipped ? 1 - index : index,
        identifier: "\(stem)-\(index + 1)")
    }
  }

  private mutating func thing() -> String { pick(Nouns.things).singular }
}

extension BenchmarkSample {
  static func winogrande(_ seed: UInt64) -> BenchmarkSample {
    var grammar = Grammar(seed: seed, task: "winogrande")
    var used = Set<String>()
    func draw(_ count: Int) -> [Blank] {
      var blanks = grammar.distinct(count / 2, &used, key: { $0[0].sentence }) { grammar, _ in grammar.twins() }
        .flatMap { $0 }
      grammar.random.shuffle(&blanks)
      return blanks
    }
    func file(_ blanks: [Blank], labelled: Bool = true) -> String {
      PythonJSON().lines(blanks.map { $0.json(labelled: labelled) })
    }
    let (dev, train, test) = (draw(sizes.dev), draw(sizes.train), draw(sizes.test))
    return BenchmarkSample(
      task: "winogrande", benchmark: "WinoGrande",
      format: """
        a JSON object a line, in ASCII: identifier, sentence with `_`, two options and the answer `"1"` or `"2"`, \
        which `test.jsonl` lacks; `train_debiased.jsonl` is a part of `train_xl.jsonl`, and `dev-labels.lst` repeats \
        the answers; \(Instruction.note)
        """,
      files: [
        ("train_xl.jsonl", file(train)), ("train_debiased.jsonl", file(Array(train.prefix(32)))),
        ("dev.jsonl", file(dev)), ("dev-labels.lst", dev.map { "\($0.right + 1)\n" }.joined()),
        ("test.jsonl", file(test, labelled: false)),
        ("llm-adapters/train.json", Instruction.file(train.map(\.instruction))),
        ("llm-adapters/test.json", Instruction.file(dev.map(\.instruction))),
      ], instructions: train.map(\.instruction))
  }
}
