/// A tensor on the tape, and its gradient during the backward pass.
public final class Variable {
  public let value: Tensor
  /// Whether anything trainable lies before it; nothing is saved or computed for the others.
  public let needsGradient: Bool
  package fileprivate(set) var gradient: Tensor?

  package init(_ value: Tensor, needsGradient: Bool) {
    self.value = value
    self.needsGradient = needsGradient
  }

  /// Adds to the gradient. Takes ownership of `tensor` when it is the first contribution.
  package func addGradient(_ tensor: @autoclosure () -> Tensor) {
    guard needsGradient else { return }
    guard let gradient else {
      self.gradient = tensor()
      return
    }
    ElementWise.add(tensor(), into: gradient)
  }
}

/// Records operations as they run, and differentiates them in reverse.
///
/// Each operation is an extension of `Tape` in `Ops/`, with its forward and backward side by side; what the gradient needs
/// lives in the backward closure and is freed as soon as that closure has run. Gradients add, never assign.
public final class Tape {
  private struct Record {
    let output: Variable
    let parameters: [Parameter]
    let backward: (Tensor) -> Void
  }

  private var records: [Record] = []
  /// Off during evaluation: operations then save nothing and drop nothing out.
  public let isTraining: Bool
  /// Dropout draws from here; each use takes the next stream, so a step's masks depend on (seed, step, use) only.
  private let random: RandomGenerator
  private var dropoutUses: UInt64 = 0

  public init(isTraining: Bool, random: RandomGenerator = RandomGenerator(seed: 0)) {
    self.isTraining = isTraining
    self.random = random
  }

  /// A value that no gradient flows into.
  public func constant(_ value: Tensor) -> Variable { Variable(value, needsGradient: false) }

  /// A value whose gradient is wanted, for tests.
  package func input(_ value: Tensor) -> Variable { Variable(value, needsGradient: isTraining) }

  package func nextDropoutGenerator() -> RandomGenerator {
    dropoutUses += 1
    return random.stream("dropout", dropoutUses)
  }

  /// Puts an operation's result on the tape.
  ///
  /// - Parameters:
  ///   - value: the forward result.
  ///   - inputs: the variables it was computed from.
  ///   - parameters: the parameters it used; their gradients are announced when their last use is differentiated.
  ///   - backward: adds to the gradients of inputs and parameters, given the gradient of `value`, which it may overwrite.
  package func record(
    _ value: Tensor, inputs: [Variable], parameters: [Parameter] = [], backward: @escaping (Tensor) -> Void
  ) -> Variable {
    let needsGradient = isTraining && (!parameters.isEmpty || inputs.contains { $0.needsGradient })
    let output = Variable(value, needsGradient: needsGradient)
    guard needsGradient else { return output }
    for parameter in parameters { parameter.pendingUses += 1 }
    records.append(Record(output: output, parameters: parameters, backward: backward))
    return output
  }

  /// Differentiates `loss`, a scalar, times `scale`, and empties the tape.
  ///
  /// - Parameter gradientIsFinal: called once for each parameter, as soon as its gradient of this pass is complete.
  public func backward(_ loss: Variable, scale: Float = 1, gradientIsFinal: (Parameter) -> Void = { _ in }) {
    precondition(loss.value.count == 1)
    backward(from: loss, gradient: Tensor([scale], shape: loss.value.shape), gradientIsFinal: gradientIsFinal)
  }

  /// Differentiates `⟨output, gradient⟩` and empties the tape.
  package func backward(from output: Variable, gradient: Tensor, gradientIsFinal: (Parameter) -> Void = { _ in }) {
    output.addGradient(gradient)
    while let record = records.popLast() {
      if let gradient = record.output.gradient {
        record.output.gradient = nil
        record.backward(gradient)
      }
      for parameter in record.parameters {
        parameter.pendingUses -= 1
        if parameter.pendingUses == 0 { gradientIsFinal(parameter) }
      }
    }
  }

  /// Gradient of a variable made with ``input(_:)``, after `backward`.
  package func gradient(of variable: Variable) -> Tensor? { variable.gradient }
}
