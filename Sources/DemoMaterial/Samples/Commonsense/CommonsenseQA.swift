import Support

private struct PlaceQuestion {
  let identifier: String
  let concept: String
  let stem: String
  let places: [String]
  let right: Int

  func json(labelled: Bool) -> JSON {
    let choices = zip("ABCDE", places).map { JSON.members(["label": .text(String($0)), "text": .text($1)]) }
    let question = JSON.members(["question_concept": .text(concept), "choices": .array(choices), "stem": .text(stem)])
    return labelled
      ? .members([
        "answerKey": .text(String(Array("ABCDE")[right])), "id": .text(identifier), "question": question,
      ])
      : .members(["id": .text(identifier), "question": question])
  }
}

extension Grammar {
  fileprivate mutating func placeQuestion() -> PlaceQuestion {
    let (thing, place) = pick(Knowledge.places)
    let name = pick(Nouns.maleNames + Nouns.femaleNames)
    let phrase = "\(Spelling.article(before: thing)) \(thing)"
    let stem = pick([
      "Where would you most likely find \(phrase)?", "\(name) was looking for \(phrase).  Where might one go?",
      "If \(name) sees \(phrase), where is \(name)?", "What is the place of \(phrase)?",
    ])
    let options = choices(place, several(4, of: Knowledge.places.map(\.place), except: [place]))
    return PlaceQuestion(
      identifier: hexadecimal(32), concept: thing, stem: stem, places: options.texts, right: options.right)
  }
}

extension BenchmarkSample {
  static func commonsenseQA(_ seed: UInt64) -> BenchmarkSample {
    var grammar = Grammar(seed: seed, task: "commonsense_qa")
    var used = Set<String>()
    func draw(_ count: Int) -> [PlaceQuestion] {
      grammar.distinct(count, &used, key: { $0.stem + $0.places.joined() }) { grammar, _ in grammar.placeQuestion() }
    }
    func file(_ questions: [PlaceQuestion], labelled: Bool = true) -> String {
      PythonJSON().lines(questions.map { $0.json(labelled: labelled) })
    }
    let (dev, train, test) = (draw(sizes.dev), draw(sizes.train), draw(sizes.test))
    return BenchmarkSample(
      task: "commonsense_qa", benchmark: "CommonsenseQA",
      format: """
        a JSON object a line, in ASCII: the label of the right choice, which the test file lacks, identifier, \
        concept, five choices with labels A to E, and stem
        """,
      files: [
        ("train_rand_split.jsonl", file(train)), ("dev_rand_split.jsonl", file(dev)),
        ("test_rand_split_no_answers.jsonl", file(test, labelled: false)),
      ])
  }
}
