import Optimizers
import Support
import Testing

/// Every option of every optimizer is checked: what it accepts, and what its error says.
@Suite struct OptionTests {
  private func failure(_ name: String, _ options: [(key: String, value: String)]) -> OptimizerError? {
    do throws(OptimizerError) {
      _ = try Optimizer(name, options: options, parameters: [])
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: OptimizerRegistry.specifications.map(\.name)) func everyOption(_ name: String) throws {
    let specification = try OptimizerRegistry.specification(name)
    #expect(!specification.summary.isEmpty && !specification.source.isEmpty && specification.learningRate > 0)
    let unknown = try #require(failure(name, [("no-such-option", "1")]))
    #expect(unknown.exitStatus == .usage)
    for option in specification.options {
      #expect(unknown.message.contains(option.key))
      #expect(!option.help.isEmpty)
      #expect(failure(name, [(option.key, option.defaultValue)]) == nil, "\(option.key)=\(option.defaultValue)")
      var nonsense = ["", "nonsense", "nan", "-1e30"]
      switch option.kind {
      case .number(let range):
        nonsense += ["inf", "\(range.lowerBound - max(1, abs(range.lowerBound)))", "\(range.upperBound * 2 + 1)"]
      case .integer(let range): nonsense += ["1.5", "\(range.lowerBound - 1)", "99999999999999999999"]
      default: nonsense += ["-1"]
      }
      for value in nonsense {
        let fault = try #require(failure(name, [(option.key, value)]), "\(option.key)=\(value)")
        #expect(fault.exitStatus == .usage && !fault.message.contains("\n"))
        #expect(fault.message.contains(option.key) && fault.message.contains(option.expected))
      }
      let snake = String(option.key.map { $0 == "-" ? "_" : $0 })
      #expect(failure(name, [(snake, "nonsense"), (option.key, option.defaultValue)]) != nil)
      #expect(failure(name, [(snake, option.defaultValue)]) == nil)
    }
  }

  /// A floor or start above the ceiling.
  @Test func adapproxRanksContradict() {
    #expect(failure("adapprox", [("k-min", "9"), ("k-max", "8")])?.message.contains("at most k-max, 8") == true)
    #expect(failure("adapprox", [("k-init", "9"), ("k-max", "8"), ("rank-rule", "paper")]) != nil)
    #expect(failure("adapprox", [("k-init", "9"), ("k-max", "8")]) == nil)
    #expect(failure("adapprox", [("k-min", "9"), ("k-max", "9")]) == nil)
  }

  /// Averaging factors of 1 would never move.
  @Test(arguments: OptimizerRegistry.names) func factorsLieBelowOne(_ name: String) throws {
    for option in try OptimizerRegistry.specification(name).options
    where option.key.hasPrefix("beta") && !option.key.hasSuffix("warmup") || option.key == "momentum" {
      #expect(failure(name, [(option.key, "1")]) != nil && failure(name, [(option.key, "0")]) == nil)
    }
  }
}
