extension BenchmarkSample {
  /// Training examples of all eight sets in one file, as LLM-Adapters fine-tunes on them.
  static func commonsense170k(_ seed: UInt64) -> BenchmarkSample {
    var grammar = Grammar(seed: seed, task: "commonsense_170k")
    let sets = [
      boolq(seed), piqa(seed), siqa(seed), hellaswag(seed), winogrande(seed), arc(seed, .easy), arc(seed, .challenge),
      openbookqa(seed),
    ]
    var mix = sets.flatMap { $0.instructions.prefix(6) }
    grammar.random.shuffle(&mix)
    return BenchmarkSample(
      task: "commonsense_170k", benchmark: "LLM-Adapters' commonsense_170k",
      format: "one JSON array of instructions with their answers, six from the samples of each of the eight sets",
      files: [("commonsense_170k.json", Instruction.file(mix, atMost: mix.count))])
  }
}
