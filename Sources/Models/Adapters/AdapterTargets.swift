/// The linear layers that an adapter is put beside: the ends of their names, as in peft, or the parts that they play.
package struct AdapterTargets: Sendable, Equatable {
  /// Names as the user wrote them; a name or a part each.
  package let names: [String]
  /// Whether each of ``names`` must choose a layer. peft passes over those in a file that choose none.
  let isStrict: Bool

  package init(_ names: [String], isStrict: Bool = true) { (self.names, self.isStrict) = (names, isStrict) }

  /// Query and value, as Hu et al. and peft's defaults; GPT-2's one layer of query, key and value.
  package static let standard = AdapterTargets(["query", "value"])
  /// The word for every linear layer below the head, as in peft.
  package static let all = "all-linear"

  /// The ends of the names of layers that play a part, in all families.
  private static let parts: [String: [String]] = [
    "query": ["query", "q_proj", "c_attn"], "key": ["key", "k_proj", "c_attn"],
    "value": ["value", "v_proj", "c_attn"],
    "output": ["attention.output.dense", "o_proj", "attn.c_proj", "attention.dense"],
    "gate": ["gate_proj"], "up": ["up_proj", "intermediate.dense", "mlp.c_fc", "ffn"],
    "down": ["down_proj", "output.dense", "mlp.c_proj", "ffn_output"],
  ]

  /// The words for parts.
  package static let partNames = parts.keys.sorted()

  /// Whether one of `names` chooses the layer.
  package func contains(_ module: String) -> Bool { names.contains { AdapterTargets.matches($0, module) } }

  private static func matches(_ target: String, _ module: String) -> Bool {
    guard target != all else { return true }
    guard let ends = parts[target] else { return isEnd(target, of: module) }
    return ends.contains { isEnd($0, of: module) }
      && (target != "down" || !isEnd("attention.output.dense", of: module))
  }

  /// Whether a name is the whole of another or its last components, which is peft's rule.
  private static func isEnd(_ name: String, of module: String) -> Bool {
    module == name || module.hasSuffix("." + name)
  }

  /// The first name that chooses no layer, where one is at fault.
  func unmatched(_ modules: [String]) -> String? {
    let unmatched = names.filter { name in !modules.contains { AdapterTargets.matches(name, $0) } }
    return isStrict || unmatched.count == names.count ? unmatched.first : nil
  }

  /// What peft calls the layers that are chosen: short ends of names where these choose no other layer, else whole names.
  package func peftNames(_ modules: [String]) -> [String] {
    let chosen = Set(modules.filter(contains))
    var names: [String] = []
    for module in modules where chosen.contains(module) {
      let components = module.split(separator: ".")
      let ends = (1...components.count).map { components.suffix($0).joined(separator: ".") }
      // The shortest end that chooses no other layer; the whole name chooses this one alone.
      let end = ends.first { end in modules.allSatisfy { chosen.contains($0) || !AdapterTargets.isEnd(end, of: $0) } }
      if let end, !names.contains(end) { names.append(end) }
    }
    return names
  }
}
