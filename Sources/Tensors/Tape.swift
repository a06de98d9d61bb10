/// A tensor on the tape.
package struct Variable {
  package let value: Tensor
  /// The place where the gradient of this variable is summed; `nil` when the value depends on nothing trainable.
  ///
  /// A backward closure captures the slot and not the variable, because the variable would keep its value alive.
  package let slot: GradientSlot?

  /// Whether the value depends on anything trainable. For other variables, no gradient is saved or computed.
  package var needsGradient: Bool { slot != nil }
}

/// The gradient of a variable while a backward pass sums its contributions.
package final class GradientSlot {
  package fileprivate(set) var gradient: Tensor?

  /// Adds to the gradient. Takes ownership of `tensor` when it is the first contribution.
  package func add(_ tensor: Tensor) {
    guard let gradient else {
      self.gradient = tensor
      return
    }
    ElementWise.add(tensor, into: gradient)
  }

  /// Adds to the gradient without a tensor of its own.
  ///
  /// - Parameters:
  ///   - shape: the shape of the gradient.
  ///   - body: sets the gradient to its contribution plus `beta` times the gradient. `beta` is 0 where the gradient is
  ///     uninitialized, else 1.
  package func accumulate(_ shape: [Int], _ body: (_ gradient: Tensor, _ beta: Float) -> Void) {
    if let gradient { return body(gradient, 1) }
    let fresh = Tensor(uninitialized: shape)
    gradient = fresh
    body(fresh, 0)
  }
}

/// Records operations as they run, and differentiates them in reverse.
///
/// Each operation is an extension of `Tape` in `Ops/`, which holds its forward pass and its backward pass. The backward
/// closure keeps what the gradient needs, and is freed as soon as it has run. Gradients add, never assign.
///
/// A parameter that is not trainable counts as a constant. Where neither an input nor a parameter of an operation needs
/// a gradient, nothing is recorded and nothing is kept.
package final class Tape {
  private struct Record {
    let slot: GradientSlot
    let parameters: [Parameter]
    let backward: (Tensor) -> Void
  }

  private var records: [Record] = []
  /// Uses of each trainable parameter that are still to be differentiated. Counted here and not by the parameter: a
  /// tape that is dropped before its backward pass then leaves no trace.
  private var pendingUses: [ObjectIdentifier: Int] = [:]
  /// False during evaluation. Operations then save nothing, and dropout does nothing.
  package let isTraining: Bool
  /// What the factors of the products of linear layers and attention are rounded to.
  package let precision: Precision
  /// Dropout draws from here; each use takes the next stream, so a step's masks depend on (seed, step, use) only.
  private let random: RandomGenerator
  private var dropoutUses: UInt64 = 0

  package init(
    isTraining: Bool, random: RandomGenerator = RandomGenerator(seed: 0), precision: Precision = .float32
  ) {
    self.isTraining = isTraining
    self.precision = precision
    self.random = random
  }

  /// A value that no gradient flows into.
  package func constant(_ value: Tensor) -> Variable { Variable(value: value, slot: nil) }

  /// A value whose gradient is wanted, for tests.
  package func input(_ value: Tensor) -> Variable { Variable(value: value, slot: isTraining ? GradientSlot() : nil) }

  /// The random generator for the next use of dropout in this pass. Each call returns another stream.
  package func nextDropoutGenerator() -> RandomGenerator {
    dropoutUses += 1
    return random.stream("dropout", dropoutUses)
  }

  /// Puts an operation's result on the tape.
  ///
  /// - Parameters:
  ///   - value: the forward result.
  ///   - inputs: the variables it was computed from.
  ///   - parameters: the parameters it used. The gradient of a trainable one is announced when its last use is
  ///     differentiated.
  ///   - backward: adds to the gradients of inputs and of trainable parameters, given the gradient of `value`, which it
  ///     may overwrite. What it captures stays in memory until it has run.
  package func record(
    _ value: Tensor, inputs: [Variable], parameters: [Parameter] = [], backward: @escaping (Tensor) -> Void
  ) -> Variable {
    let trained = parameters.filter(\.isTrainable)
    guard isTraining, !trained.isEmpty || inputs.contains(where: \.needsGradient) else { return constant(value) }
    let slot = GradientSlot()
    for parameter in trained { pendingUses[ObjectIdentifier(parameter), default: 0] += 1 }
    records.append(Record(slot: slot, parameters: trained, backward: backward))
    return Variable(value: value, slot: slot)
  }

  /// Differentiates `loss`, a scalar, times `scale`, and empties the tape.
  ///
  /// - Parameter gradientIsFinal: called once for each trainable parameter, as soon as its gradient of this pass is
  ///   complete.
  package func backward(_ loss: Variable, scale: Float = 1, gradientIsFinal: (Parameter) -> Void = { _ in }) {
    precondition(loss.value.count == 1)
    backward(from: loss, gradient: Tensor([scale], shape: loss.value.shape), gradientIsFinal: gradientIsFinal)
  }

  /// Differentiates `⟨output, gradient⟩` and empties the tape.
  package func backward(from output: Variable, gradient: Tensor, gradientIsFinal: (Parameter) -> Void = { _ in }) {
    output.slot?.add(gradient)
    while let record = records.popLast() {
      if let gradient = record.slot.gradient {
        record.slot.gradient = nil
        record.backward(gradient)
      }
      for parameter in record.parameters {
        pendingUses[ObjectIdentifier(parameter), default: 0] -= 1
        if pendingUses[ObjectIdentifier(parameter)] == 0 { gradientIsFinal(parameter) }
      }
    }
  }

  /// Gradient of a variable made with ``input(_:)``, after `backward`.
  package func gradient(of variable: Variable) -> Tensor? { variable.slot?.gradient }
}
