import Models
import Optimizers
import Support
import Tensors

/// Which parameters a run trains; the others are frozen, as with `requires_grad=False` in PyTorch.
package enum Method: String, CaseIterable, Sendable, SettingValue {
  case full
  /// The classifier and the layers that only it has, such as BERT's pooler.
  case head
  /// Biases, and the head of the task (Ben Zaken et al., 2022).
  case bitfit
  /// Low-rank adapters beside linear layers, and the head of the task (Hu et al., 2022).
  case lora
  /// Factors of keys, values and the feed-forward (Liu et al., 2022).
  case ia3
  /// Keys and values before those of each text (Li and Liang, 2021).
  case prefix
  /// Embeddings before those of each text (Lester et al., 2021).
  case prompt
  /// Bottleneck networks after linear layers (Houlsby et al., 2019).
  case series
  /// Bottleneck networks beside linear layers (He et al., 2022).
  case parallel
  /// Low-rank adapters that are added to their weights from time to time and begin anew (Lialin et al., 2024).
  case relora
  /// Embeddings, head and some layers, which are drawn from time to time (Pan et al., 2024).
  case lisa
  /// One layer after the other, and the head of the task (Luo et al., 2024).
  case badam

  /// Whether a run adds an adapter to the checkpoint, and saves it in place of a whole one.
  package var isAdapter: Bool {
    switch self {
    case .full, .head, .bitfit, .relora, .lisa, .badam: false
    case .lora, .ia3, .prefix, .prompt, .series, .parallel: true
    }
  }

  /// Whether a run with this method trains the parameter.
  package func trains(_ parameter: ParameterShape) -> Bool {
    switch self {
    case .full, .lisa: true
    case .head: parameter.isOfHead
    case .bitfit: parameter.role == .bias || parameter.isOfTaskHead
    case .lora, .ia3, .prefix, .prompt, .series, .parallel, .relora: parameter.isAdapter || parameter.isOfTaskHead
    case .badam: parameter.role != .embedding && (!parameter.isOfHead || parameter.isOfTaskHead)
    }
  }

  /// One sentence for `finetune list methods`.
  package var summary: String {
    switch self {
    case .full: "every parameter"
    case .head: "only the head: the classifier and, where the model has one, the pooler"
    case .bitfit: "biases, and the head of the task (Ben Zaken et al., 2022)"
    case .lora:
      "low-rank adapters beside linear layers, and the head of the task (Hu et al., 2022); saved as peft saves them"
    case .ia3:
      "factors of keys, values and what the feed-forward reads, and the head of the task (IA3; Liu et al., 2022)"
    case .prefix: "keys and values before those of each text, and the head of the task (Li and Liang, 2021)"
    case .prompt: "embeddings of virtual tokens before each text, and the head of the task (Lester et al., 2021)"
    case .series: "narrow networks after linear layers, and the head of the task (Houlsby et al., 2019)"
    case .parallel: "narrow networks beside linear layers, and the head of the task (He et al., 2022)"
    case .relora:
      "low-rank adapters that are added to their weights from time to time and begin anew (Lialin et al., 2024)"
    case .lisa: "embeddings, the head and some layers, which are drawn from time to time (Pan et al., 2024)"
    case .badam: "one layer after the other, and the head of the task (Luo et al., 2024)"
    }
  }

  /// The options that `-M` takes.
  package var options: [OptionSpecification] {
    switch self {
    case .full, .head, .bitfit: []
    case .lora:
      Method.lowRank + [
        OptionSpecification(
          "dora", .choice(["true", "false"]), default: "false",
          "train the lengths of a weight's rows apart from their directions (DoRA; Liu et al., 2024)"),
        Method.start(
          LoRA.Start.self, "zero: B is 0; pissa: A and B are the principal part of the weight (Meng et al., 2024)"),
        OptionSpecification(
          "lr-ratio", .number(1e-3...1e3), default: "1",
          "the learning rate of B over that of A (LoRA+; Hayou et al., 2024)"),
        Method.targets("query,value"),
      ]
    case .ia3: [Method.targets("key,value,down")]
    case .prefix:
      [
        Method.length(30),
        Method.start(PrefixTuning.Start.self, "normal with a deviation of 1, as peft's, or zero"),
      ]
    case .prompt:
      [
        Method.length(20),
        Method.start(
          PromptTuning.Start.self, "normal with a deviation of 1, as peft's, or words of the vocabulary"),
      ]
    case .series, .parallel:
      [
        OptionSpecification("bottleneck", .integer(1...65_536), default: "256", "the width of the network"),
        OptionSpecification(
          "activation", .choice(Bottleneck.Function.allCases.map(\.rawValue)), default: "tanh", "its function"),
        OptionSpecification("scale", .number(1e-6...1e6), default: "1", "the network's result is multiplied by it"),
        Method.dropout,
        Method.start(
          Bottleneck.Start.self, "zero: the second matrix is 0; bert: both normal with a deviation of 0.02"),
        Method.targets(Bottleneck(isParallel: self == .parallel).chosen.names.joined(separator: ",")),
      ]
    case .relora:
      Method.lowRank + [
        Method.interval(100, "steps from one restart to the next"),
        OptionSpecification(
          "restart-warmup", .integer(0...(1 << 30)), default: "10",
          "steps after a restart in which the learning rate rises again"),
        OptionSpecification(
          "forget", .number(0...1), default: "0.99",
          "the part of the optimizer's moments that a restart sets to 0, the smallest first; 1 makes new states"),
        Method.targets(AdapterTargets.all),
      ]
    case .lisa:
      [
        Method.interval(20, "steps from one draw to the next"),
        OptionSpecification("layers", .integer(1...65_536), default: "2", "layers that are trained at a time"),
      ]
    case .badam:
      [
        Method.interval(50, "steps that a layer is trained for"),
        OptionSpecification(
          "order", .choice(RotatingLayers.Order.allCases.map(\.rawValue)), default: "random", "of the layers"),
      ]
    }
  }

  private static let lowRank = [
    OptionSpecification("rank", .integer(1...65_536), default: "8", "columns of the narrow product"),
    OptionSpecification(
      "alpha", .number(1e-6...1e6), default: "8", "the adapter's result is multiplied by alpha / rank"),
    dropout,
    OptionSpecification(
      "rslora", .choice(["true", "false"]), default: "false",
      "multiply by alpha / sqrt(rank) instead (Kalajdzievski, 2023)"),
  ]

  private static func interval(_ steps: Int, _ help: String) -> OptionSpecification {
    OptionSpecification("interval", .integer(1...(1 << 30)), default: "\(steps)", help)
  }

  private static let dropout = OptionSpecification(
    "dropout", .number(0...0.99), default: "0", "dropout of what the adapters read")

  private static func targets(_ names: String) -> OptionSpecification {
    OptionSpecification(
      "targets", .words, default: names,
      "ends of layer names, parts (\(AdapterTargets.partNames.joined(separator: ", "))), or \(AdapterTargets.all)")
  }

  private static func length(_ count: Int) -> OptionSpecification {
    OptionSpecification("length", .integer(1...65_536), default: "\(count)", "virtual tokens")
  }

  private static func start<Start: RawRepresentable<String> & CaseIterable>(
    _ type: Start.Type, _ help: String
  ) -> OptionSpecification {
    let words = type.allCases.map(\.rawValue)
    return OptionSpecification("init", .choice(words), default: words[0], "how it begins: " + help)
  }
}
