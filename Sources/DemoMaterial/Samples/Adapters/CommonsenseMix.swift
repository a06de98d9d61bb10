extension BenchmarkSample {
  /// Training examples of all eight sets in one file, as LLM-Adapters fine-tunes on them, and the tests of each set. The
  /// small mix is a part of the large one, as there.
  static func commonsenseMixes(_ seed: UInt64) -> [BenchmarkSample] {
    let sets = [
      (boolq(seed), "boolq"), (piqa(seed), "piqa"), (siqa(seed), "social_i_qa"), (hellaswag(seed), "hellaswag"),
      (winogrande(seed), "winogrande"), (arc(seed, .easy), "ARC-Easy"), (arc(seed, .challenge), "ARC-Challenge"),
      (openbookqa(seed), "openbookqa"),
    ]
    let tests = sets.flatMap { sample, folder in
      sample.files.filter { $0.name == "llm-adapters/test.json" }.map { ("\(folder)/test.json", $0.text) }
    }
    return [("commonsense_15k", 4, "four"), ("commonsense_170k", 6, "six")].map { task, count, number in
      var grammar = Grammar(seed: seed, task: task)
      var mix = sets.flatMap { $0.0.instructions.prefix(count) }
      grammar.random.shuffle(&mix)
      return BenchmarkSample(
        task: task, benchmark: "LLM-Adapters' \(task)",
        format: """
          each file is one JSON array of instructions with their answers, in `\(task).json` \(number) from the samples of \
          each of the eight sets
          """,
        files: [("\(task).json", Instruction.file(mix, atMost: mix.count))] + tests)
    }
  }
}
