extension BenchmarkSample {
  /// The samples that exist for their format, one for each task but those of the demo, which are larger.
  static func all(seed: UInt64) -> [BenchmarkSample] {
    [
      sst2(seed), stsb(seed), qqp(seed), mnli(seed), qnli(seed), rte(seed), wnli(seed), diagnostic(seed),
      squad(seed), squadTwo(seed), boolq(seed), piqa(seed), siqa(seed), hellaswag(seed), winogrande(seed),
      arc(seed, .easy), arc(seed, .challenge), openbookqa(seed), commonsenseQA(seed),
    ] + commonsenseMixes(seed)
  }
}
