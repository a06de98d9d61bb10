import ArgumentParser
import Foundation
import Optimizers
import Support
import Tensors

/// Times an optimizer's steps on parameters of given shapes with random gradients, without a model or data.
///
/// Tools/bench_optimizers.py runs this program and the reference implementation in turns.
@main
struct OptimizerBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "optimizer-bench",
    abstract: "Time optimizer steps on the parameters that a JSON file lists.",
    discussion: """
      The file holds [{"name", "role", "shape"}, ...]. Each line of standard input is a number of steps to take; the answer \
      is one line, the seconds of each.
      """)

  @Option(help: "JSON file of the parameters.") var parameters: String
  @Option(help: "See: finetune list optimizers.") var optimizer: String
  @Option(name: [.customShort("O"), .long], help: "KEY=VALUE, repeatable.") var optimizerOption: [String] = []
  enum Clock: String, ExpressibleByArgument, CaseIterable {
    case wall
    case processor
  }

  @Option(help: "wall: time that passes; processor: time this process is given, of all its threads.")
  var clock = Clock.wall
  @Option(help: "Threads.") var threads = ProcessInfo.processInfo.activeProcessorCount

  func run() throws {
    guard (1...4_096).contains(threads) else { throw ValidationError("--threads is \(threads), expected 1 to 4096") }
    ThreadPool.shared.configure(threads: threads)
    let parameters = try readParameters()
    let options = try optimizerOption.map { option in
      let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { throw ValidationError("-O \(option): expected KEY=VALUE") }
      return (key: parts[0], value: parts[1])
    }
    let optimizer: Optimizer
    do throws(OptimizerError) {
      optimizer = try Optimizer(self.optimizer, options: options, parameters: parameters, totalSteps: 1_000)
    } catch {
      throw ValidationError(error.message)
    }
    let gradients = parameters.map { normal($0.shape, 0.01, "gradient:" + $0.name) }
    // A rule may overwrite its gradient, so each step gets a fresh copy. The copying is not timed.
    let copies = gradients.map { $0.copy() }
    for (parameter, copy) in zip(parameters, copies) { parameter.setGradient(copy) }
    // OpenBLAS's first product on a thread takes 20 ms. In training the model's passes pay for it, so it is not timed.
    let square = normal([512, 512], 1, "warm-up")
    for _ in 0..<8 { _ = MatrixProduct.product(square, square) }
    while let line = readLine() {
      guard let steps = Int(line), steps > 0 else { throw ValidationError("found \(line), expected a number of steps") }
      var seconds: [String] = []
      for _ in 0..<steps {
        for (copy, gradient) in zip(copies, gradients) { copy.copyValues(from: gradient) }
        let start = now()
        do throws(OptimizerError) {
          try optimizer.takeStep(learningRate: 1e-6)
        } catch {
          throw ValidationError(error.message)
        }
        seconds.append(String(now() - start))
      }
      FileHandle.standardOutput.write(Data((seconds.joined(separator: " ") + "\n").utf8))
    }
  }

  private func now() -> Double {
    var time = timespec()
    clock_gettime(clock == .wall ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  private func readParameters() throws -> [Parameter] {
    let entries = try JSON.parse(Files.read(parameters)).array ?? []
    return try entries.map { entry in
      guard let name = entry["name"]?.string, let role = entry["role"]?.string.flatMap(ParameterRole.init(rawValue:)),
        let shape = entry["shape"]?.array?.compactMap(\.integer), !shape.isEmpty, shape.allSatisfy({ $0 > 0 })
      else { throw ValidationError("\(parameters): found \(entry.summary), expected {name, role, shape}") }
      let parameter = Parameter(name: name, role: role, value: normal(shape, 0.02, name))
      // A tied embedding has dense gradients, as here: none of these gradients has a zero row.
      parameter.isTied = role == .embedding
      return parameter
    }
  }

  private func normal(_ shape: [Int], _ deviation: Double, _ stream: String) -> Tensor {
    let tensor = Tensor(uninitialized: shape)
    RandomGenerator(seed: 1).stream(stream, 0).fillNormal(tensor, standardDeviation: deviation)
    return tensor
  }
}
