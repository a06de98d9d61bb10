import Support
import Tasks
import TestSupport
import Testing

/// Every real file loads, with the counts of its manifest.
@Suite(.enabled(if: SharedData.isPresent, "the benchmarks' official files, ../shared/data, are not here"))
struct OfficialFileTests {
  private static let cases: [(task: String, format: String?, folder: String, split: String, count: Int)] = [
    ("cola", nil, "glue", "train", 8_551), ("cola", nil, "glue/CoLA", "dev", 1_043),
    ("cola", nil, "glue", "test", 1_063),
    ("cola", "original", "glue", "train", 8_551), ("cola", "original", "glue", "dev", 527),
    ("cola", "original", "glue", "dev_out_of_domain", 516),
    ("mrpc", nil, "glue", "train", 3_668), ("mrpc", nil, "glue", "dev", 408), ("mrpc", nil, "glue", "test", 1_725),
    ("sst2", nil, "glue", "train", 67_349), ("sst2", nil, "glue", "dev", 872), ("sst2", nil, "glue", "test", 1_821),
    ("stsb", nil, "glue", "train", 5_749), ("stsb", nil, "glue", "dev", 1_500), ("stsb", nil, "glue", "test", 1_379),
    ("stsb", "original", "glue", "train", 5_749), ("stsb", "original", "glue", "dev", 1_500),
    ("stsb", "original", "glue", "test", 1_379),
    ("qqp", nil, "glue/QQP/sample", "train", 3), ("qqp", nil, "glue/QQP/sample", "dev", 2),
    ("qqp", nil, "glue/QQP/sample", "test", 1),
    ("mnli", nil, "glue/MNLI/sample", "train", 3), ("mnli", nil, "glue/MNLI/sample", "dev_matched", 2),
    ("mnli", nil, "glue/MNLI/sample", "dev_mismatched", 2), ("mnli", nil, "glue/MNLI/sample", "test_matched", 1),
    ("mnli", nil, "glue/MNLI/sample", "test_mismatched", 1),
    ("qnli", nil, "glue", "dev", 5_463), ("qnli", nil, "glue", "test", 5_463),
    ("qnli", nil, "glue/QNLI/sample", "train", 3),
    ("wnli", nil, "glue", "train", 635), ("wnli", nil, "glue", "dev", 71), ("wnli", nil, "glue", "test", 146),
    ("ax", nil, "glue", "test", 1_104),
    ("squad", nil, "squad", "dev", 10_570),
    ("boolq", nil, "commonsense", "train", 9_427), ("boolq", nil, "commonsense", "dev", 3_270),
    ("piqa", nil, "commonsense", "train", 16_113), ("piqa", nil, "commonsense", "dev", 1_838),
    ("piqa", nil, "commonsense", "test", 3_084),
    ("siqa", nil, "commonsense", "train", 33_410), ("siqa", nil, "commonsense", "dev", 1_954),
    ("hellaswag", nil, "commonsense/hellaswag/sample", "train", 2),
    ("hellaswag", nil, "commonsense/hellaswag/sample", "dev", 2),
    ("hellaswag", nil, "commonsense/hellaswag/sample", "test", 2),
    ("arc_easy", nil, "commonsense", "train", 2_251), ("arc_easy", nil, "commonsense", "dev", 570),
    ("arc_easy", nil, "commonsense", "test", 2_376),
    ("arc_challenge", nil, "commonsense", "train", 1_119), ("arc_challenge", nil, "commonsense", "dev", 299),
    ("arc_challenge", nil, "commonsense", "test", 1_172),
    ("openbookqa", nil, "commonsense", "train", 4_957), ("openbookqa", nil, "commonsense", "dev", 500),
    ("openbookqa", nil, "commonsense", "test", 500),
    ("openbookqa", "tsv", "commonsense", "train", 4_957), ("openbookqa", "tsv", "commonsense", "dev", 500),
    ("openbookqa", "tsv", "commonsense", "test", 500),
    ("boolq", "llm-adapters", "llm_adapters", "test", 3_270), ("piqa", "llm-adapters", "llm_adapters", "test", 1_838),
    ("siqa", "llm-adapters", "llm_adapters", "test", 1_954),
    ("winogrande", "llm-adapters", "llm_adapters", "test", 1_267),
    ("arc_easy", "llm-adapters", "llm_adapters", "test", 2_376),
    ("arc_challenge", "llm-adapters", "llm_adapters", "test", 1_172),
    ("openbookqa", "llm-adapters", "llm_adapters", "test", 500),
    // 120 examples are held out from training.
    ("piqa", "llm-adapters", "llm_adapters", "train", 16_113 - 120),
    ("piqa", "llm-adapters", "llm_adapters", "dev", 120),
    ("siqa", "llm-adapters", "llm_adapters", "train", 33_410 - 120),
    ("commonsense_170k", nil, "llm_adapters", "test_boolq", 3_270),
  ]

  @Test(arguments: cases) func loads(
    _ expected: (task: String, format: String?, folder: String, split: String, count: Int)
  ) throws {
    let task = try TaskRegistry.find(
      SharedData.packageRoot + "/tasks/\(expected.task)/task.yaml", format: expected.format)
    let split = try #require(Split(expected.split))
    for kind in task.protocols {
      let data = try task.load(split, from: SharedData.path(expected.folder), for: kind)
      #expect(data.examples.count == expected.count && data.available == expected.count)
      #expect(data.files.allSatisfy { $0.sha256.count == 64 })
      #expect(data.examples.allSatisfy { !$0.inputs.isEmpty && !$0.inputs[0].first.isEmpty })
      if !split.isTest { #expect(data.examples.allSatisfy { $0.answer != nil }) }
    }
  }

  /// MRPC as Microsoft released it, divided by GLUE's list of ids, is GLUE's own.
  @Test func paraphrasesOfMicrosoft() throws {
    let task = try TaskRegistry.find(SharedData.packageRoot + "/tasks/mrpc/task.yaml")
    let folder = try TemporaryFolder()
    for name in ["msr_paraphrase_train.txt", "msr_paraphrase_test.txt", "dev_ids.tsv"] {
      try Files.writeAtomically(folder.path + "/" + name, Files.read(SharedData.path("glue/MRPC/" + name)))
    }
    for split in [Split.train, .dev] {
      let (own, original) = try (
        task.load(split, from: SharedData.path("glue/MRPC")), task.load(split, from: folder.path)
      )
      #expect(Set(own.examples.map(\.inputs.description)) == Set(original.examples.map(\.inputs.description)))
      #expect(own.examples.count == original.examples.count && original.files.count == 2)
    }
  }

  /// Positions of SQuAD's answers count code points; every answer stands where its file says.
  @Test func answersStandInTheirPassages() throws {
    let task = try TaskRegistry.find(SharedData.packageRoot + "/tasks/squad/task.yaml")
    for example in try task.load(.dev, from: SharedData.path("squad")).examples {
      guard case .spans(let spans)? = example.answer else {
        Issue.record("an example of line \(example.line) has no spans")
        continue
      }
      #expect((1...6).contains(spans.count))
      for span in spans { #expect(example.inputs[0].second?[span.start...].starts(with: span.text) == true) }
    }
  }
}
