import Foundation
import Support
import TestSupport
import Testing

/// `finetune bench`: figures that agree with each other, and with what can be counted by hand.
@Suite(.serialized) struct BenchCommandTests {
  private func json(_ arguments: [String]) throws -> JSON {
    let outcome = try Program.run(
      ["bench", "--json", "--threads", "2", "--repeats", "3", "--warm-up", "1"] + arguments, in: TemporaryFolder())
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try JSON.parse(Array(outcome.output.utf8))
  }

  private func phase(_ name: String, _ key: String, _ report: JSON) -> Double? {
    let row = report["phases"]?.array?.first { $0["name"]?.string == name }
    return row?[key]?["median"]?.double
  }

  /// A BERT of the fixtures, 4 sequences of 16 tokens. The products of a linear layer are 2 · tokens · in · out.
  @Test func countedByHand() throws {
    let folder = try TemporaryFolder()
    // Two layers of width 64 with two heads.
    try folder.write(
      "config.json",
      #"{"architectures": ["BertModel"], "model_type": "bert", "hidden_size": 64, "intermediate_size": 256, "#
        + #""num_attention_heads": 2, "num_hidden_layers": 2, "vocab_size": 100, "max_position_embeddings": 64, "#
        + #""type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12, "hidden_dropout_prob": 0.1, "#
        + #""attention_probs_dropout_prob": 0.1, "initializer_range": 0.02, "pad_token_id": 0}"#)
    let (width, inner, length, sequences) = (64, 256, 16, 4)
    let report = try json(
      ["--shape", folder.path + "/config.json", "--batch-size", "\(sequences)", "--length", "\(length)"])
    let tokens = sequences * length
    func layer(_ rows: Int) -> Int {
      // Query, attention's output and feed-forward for some rows, key and value for all, scores and their sums.
      2 * rows * width * (2 * width + 2 * inner) + 2 * tokens * width * 2 * width + 2 * 2 * rows * length * width
    }
    let head = 2 * sequences * width * width + 2 * sequences * width * 2
    let forward = Double(layer(tokens) + layer(sequences) + head) / 1e9
    #expect(abs(try #require(phase("forward", "gflop", report)) - forward) < 1e-9)
    #expect(phase("evaluation", "gflop", report) == phase("forward", "gflop", report))
    // Backward has two products for each of forward, and may compute some of forward's again.
    #expect((2 * forward - 1e-9...3 * forward).contains(try #require(phase("backward", "gflop", report))))
    #expect(phase("gradient norm", "gflop", report) == 0 && phase("gradient norm", "gflops", report) == nil)
    #expect(report["tokens"]?["median"]?.integer == tokens || report["tokens"]?["median"]?.double == Double(tokens))
  }

  /// Rates follow from times, and shares from rates.
  @Test func figuresAgree() throws {
    let report = try json(["--model", SharedData.fixture("models/gpt2-tiny"), "--batch-size", "4", "--length", "16"])
    for name in ["forward", "backward", "step", "evaluation"] {
      let (seconds, gflop, rate) = (
        try #require(phase(name, "seconds", report)), try #require(phase(name, "gflop", report)),
        try #require(phase(name, "gflops", report))
      )
      #expect(seconds > 0 && abs(gflop / seconds - rate) < 1e-6 * rate)
      #expect(try #require(phase(name, "of_product", report)) > 0 && phase(name, "of_sgemm", report) ?? 0 > 0)
    }
    let parts = try ["batch", "forward", "backward", "gradient norm", "optimizer"].map {
      try #require(phase($0, "seconds", report))
    }
    #expect(parts.reduce(0, +) < 2 * (try #require(phase("step", "seconds", report))))
    let tokens = try #require(report["tokens_per_second"]?["median"]?.double)
    #expect(abs(tokens * (try #require(phase("step", "seconds", report))) - 64) < 1e-3)
    #expect(report["product_gflops"]?["median"]?.double ?? 0 > 0 && report["sgemm_gflops"]?["min"]?.double ?? 0 > 0)
    #expect(report["peak_rss_bytes"]?.integer ?? 0 > report["measuring_bytes"]?.integer ?? .max)
  }

  /// What is computed twice counts twice, and what is updated in the backward pass is the optimizer's time all the same.
  @Test func passesTwice() throws {
    let arguments = ["--shape", SharedData.fixture("models/gpt2-tiny"), "--batch-size", "4", "--length", "16"]
    let (plain, twice) = (try json(arguments), try json(arguments + ["--recompute", "layer", "--update-in-backward"]))
    #expect(twice["recompute"]?.string == "layer" && twice["update_in_backward"]?.bool == true)
    // With clipping, a step takes its passes twice.
    #expect(phase("forward", "gflop", twice) == (try #require(phase("forward", "gflop", plain))) * 2)
    #expect(try #require(phase("backward", "gflop", twice)) > 2 * (try #require(phase("backward", "gflop", plain))))
    #expect(phase("optimizer", "seconds", twice) ?? 0 > 0 && phase("gradient norm", "seconds", twice) ?? 0 > 0)
  }

  /// Real data, and every kind of head.
  @Test func data() throws {
    let report = try json(
      ["--task", "cola", "--model", CommandTests.model, "--data", CommandTests.data, "--batch-size", "8"])
    #expect(report["task"]?.string == "cola" && report["phases"]?.array?.count == 8)
    let text = try Program.run(
      ["bench", "--shape", CommandTests.model, "--repeats", "2", "--length", "8", "--optimizer", "fira", "--quiet"],
      in: TemporaryFolder())
    #expect(text.status == 0 && text.output.contains("% of sgemm") && text.errors.isEmpty, "\(text.errors)")
  }

  @Test(arguments: [
    ([], 64, "--model or --shape"), (["--shape", "nope"], 66, "gpt2-117m"),
    (["--shape", "bert-base", "--model", "x"], 64, "one of the two"),
    (["--shape", "bert-base", "--task", "cola"], 64, "tokenizer"),
    (["--shape", "bert-base", "--length", "1"], 64, "from 2"),
    (["--shape", "bert-base", "--length", "600"], 64, "512"),
    (["--shape", "bert-base", "--max-length", "60"], 64, "--length"),
    (["--shape", "bert-base", "--repeats", "0"], 64, "--repeats"), (["--shape", "bert-base", "-O", "x=1"], 64, "x"),
    (["--task", "cola", "--model", CommandTests.model, "--length", "9"], 64, "--max-length"),
    (["--shape", "llama-7b", "--batch-size", "4"], 64, "memory"),
    (["--shape", "gpt2-117m", "--method", "head"], 64, "head"),
  ]) func faults(_ arguments: [String], status: Int32, expected: String) throws {
    let outcome = try Program.run(["bench"] + arguments, in: TemporaryFolder(), ["FINETUNE_FREE_MEMORY": "500000000"])
    #expect(outcome.status == status && outcome.errors.contains(expected), "\(arguments) \(outcome.errors)")
  }
}
